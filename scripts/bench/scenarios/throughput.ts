/** 10 rooms × 50 members and 1 room × 1,000: how much each server carries, and how fast it is at half of that. */
import type { OpenLoopResult, RealMethods, RealSeat } from '../driver/real.ts';
import { Remote } from '../driver/rpc.ts';
import type { Seat } from '../driver/worker.ts';
import type { TargetName } from '../options.ts';
import { createRooms } from '../rooms.ts';
import { median } from '../stats.ts';
import { userNamed } from '../tokens.ts';
import { Sessions, targetsFor, type Context, type Scenario, type Section, type Session } from './scenario.ts';
import { sectionOf, sendsPerSecond, type All, type Measured, type Shape } from './throughput-table.ts';

const REAL_PER_ROOM = 2;
/** Real clients and the ways of the server that only a lighter load takes have to be compiled first. */
const OPEN_WARMUP_MS = 2_000;

export const rooms: Scenario = {
  name: 'rooms',
  longestMs: 420_000,
  run: context => {
    const { rooms, membersPerRoom } = context.options.sizes;
    return throughput(context, 'rooms', {
      rooms,
      members: membersPerRoom,
      senders: 10,
      inFlight: 4,
      share: 1,
    });
  },
};

export const bigRoom: Scenario = {
  name: 'big-room',
  longestMs: 420_000,
  run: context =>
    throughput(context, 'big-room', {
      rooms: 1,
      members: context.options.sizes.bigRoomMembers,
      senders: 10,
      inFlight: 4,
      share: 0.5,
    }),
};

async function throughput(context: Context, label: string, shape: Shape): Promise<Section> {
  const all: All = {};
  const { options } = context;
  const { rounds, halfRounds } = options.sizes;
  const targets = label === 'rooms' ? context.targets : targetsFor(context, ['bare', 'engine', 'naive']);
  await Sessions.use(context, { label }, targets, async sessions => {
    const seats = new Map<TargetName, Seat[]>();
    await sessions.each(async session => {
      seats.set(session.target.name, await seatAll(session, shape));
      all[session.target.name] = { rounds: [], half: [], same: [], faults: [], closed: 0 };
    });
    for (let round = 1; round <= Math.ceil(rounds * shape.share); round++) {
      await sessions.each(async session => {
        // Its figures are far from all others; two rounds tell as much as five.
        if (session.target.name === 'naive' && round > (options.quick ? 1 : 2)) return;
        context.log(`${label}: round ${round}, ${session.target.name}`);
        await saturate(context, session, shape, all[session.target.name] as Measured);
      });
    }
    await sessions.each(session => seatReal(session, shape, seats.get(session.target.name) ?? []));
    for (let round = 1; round <= halfRounds; round++) {
      await sessions.each(async session => {
        context.log(`${label}: half load ${round}, ${session.target.name}`);
        const measured = all[session.target.name] as Measured;
        measured.half.push(await openLoop(context, session, measured, halfRate(measured)));
      });
    }
    if (options.quick) return;
    await sessions.each(async session => {
      const { bare, engine } = all;
      if (session.target.name !== 'engine' || !bare || !engine) return;
      context.log(`${label}: the engine at bare's half load`);
      engine.same.push(await openLoop(context, session, engine, halfRate(bare)));
    });
  });
  return sectionOf(context, shape, all);
}

/** Seats in the order of the members: all firsts of the rooms, all seconds, … so that the first ones are spread over the rooms. */
async function seatAll({ target, fleet }: Session, shape: Shape): Promise<Seat[]> {
  const plans = Array.from({ length: shape.rooms }, (_, room) => ({
    name: `room ${room}`,
    members: Array.from({ length: shape.members }, (_, member) => userNamed(`r${room}-`, member)),
  }));
  const ids = await createRooms(target.url, plans);
  const seats: Seat[] = [];
  for (let member = 0; member < shape.members; member++) {
    plans.forEach((plan, room) =>
      seats.push({ user: plan.members[member] ?? userNamed('nobody', 0), roomId: ids[room] ?? '' }),
    );
  }
  await fleet.connect(target.url, seats);
  await fleet.view();
  return seats;
}

/**
 * The naive one needs a second for a single message to 1,000 members; with 40 under way not one would be
 * answered while it is measured. Two keep it as busy, and a longer window sees enough of them.
 */
function loadOf(name: TargetName, shape: Shape, windowMs: number) {
  const { senders, inFlight } = shape;
  if (name !== 'naive' || shape.members <= 100) return { senders, inFlight, windowMs };
  return { senders: 2, inFlight: 1, windowMs: Math.max(windowMs, 6_000) };
}

async function saturate(
  context: Context,
  { target, fleet, meters }: Session,
  shape: Shape,
  measured: Measured,
): Promise<void> {
  const { warmupMs } = context.options.sizes;
  const { senders, inFlight, windowMs } = loadOf(target.name, shape, context.options.sizes.windowMs);
  const indices = Array.from({ length: senders }, (_, index) => index);
  const result = await fleet.round({ ...meters, warmupMs, windowMs, inFlight }, indices);
  const { closed, ...faults } = await fleet.settle(result.heads);
  measured.rounds.push(result);
  measured.faults.push(faults);
  measured.closed += closed;
}

/** Real clients take the seats of the senders and of one more per room; the lean ones only listen from now on. */
async function seatReal(session: Session, shape: Shape, seats: Seat[]): Promise<void> {
  const taken = seats.slice(0, Math.max(shape.senders, shape.rooms * REAL_PER_ROOM));
  await session.fleet.drop(taken.map(seat => seat.user._id));
  session.real = new Remote<RealMethods>(new URL('../driver/real.ts', import.meta.url));
  const realSeats = taken.map((seat, i): RealSeat => ({
    ...seat,
    roomId: seat.roomId ?? '',
    sends: i < shape.senders,
  }));
  await session.real.call('connect', { url: session.target.url, seats: realSeats });
}

const halfRate = (measured: Measured) => median(measured.rounds.map(sendsPerSecond)) / 2;

/** The real clients send `rate` messages a second, whatever becomes of them. */
async function openLoop(
  context: Context,
  { fleet, real, meters }: Session,
  measured: Measured,
  rate: number,
): Promise<OpenLoopResult> {
  const { openLoopMs } = context.options.sizes;
  if (!(rate > 0) || !real) throw new Error('no send was accepted at saturation, so there is no half of it');
  const clientPids = fleet.pids;
  const result = await real.call('openLoop', {
    ...meters,
    clientPids,
    rate,
    warmupMs: OPEN_WARMUP_MS,
    windowMs: openLoopMs,
  });
  const { closed, ...faults } = await fleet.settle(result.heads);
  measured.faults.push(faults, result.faults);
  measured.closed += closed;
  return result;
}
