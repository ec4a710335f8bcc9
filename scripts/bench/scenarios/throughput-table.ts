import { addFaults, type Faults } from '../driver/order.ts';
import type { Cost } from '../driver/meter.ts';
import type { OpenLoopResult } from '../driver/real.ts';
import type { RoundResult } from '../driver/round.ts';
import type { TargetName } from '../options.ts';
import { median, type Percentiles } from '../stats.ts';
import { ratio, type Context, type Goal, type PerTarget, type Row, type Section } from './scenario.ts';

export interface Shape {
  rooms: number;
  members: number;
  /** Senders in all, spread evenly over the rooms. */
  senders: number;
  inFlight: number;
  /** Share of the rounds that this shape gets: a large room shows the same after fewer. */
  share: number;
}

/** All that was measured of one target. */
export interface Measured {
  rounds: RoundResult[];
  half: OpenLoopResult[];
  /** At the rate of bare's half load; only of the engine. */
  same: OpenLoopResult[];
  faults: Faults[];
  closed: number;
}

export type All = Partial<Record<TargetName, Measured>>;

export const sendsPerSecond = (round: RoundResult) => round.sends / round.cost.seconds;
const deliveriesPerCpuSecond = (round: RoundResult) => round.tally.deliveries / round.cost.serverCpu;

export function sectionOf(context: Context, shape: Shape, all: All): Section {
  const rounds = (pick: (round: RoundResult) => number) =>
    valuesOf(all, measured => median(measured.rounds.map(pick)));
  const half = (pick: (half: OpenLoopResult) => number) =>
    valuesOf(all, measured => median(measured.half.map(pick)));
  /** Latencies compare only at one rate: bare at its half load, the engine at the same rate. */
  const same = (pick: (half: OpenLoopResult) => number): PerTarget => ({
    ...(all.bare ? { bare: median(all.bare.half.map(pick)) } : {}),
    ...(all.engine ? { engine: median(all.engine.same.map(pick)) } : {}),
  });
  const perCpu = rounds(deliveriesPerCpuSecond);
  const halfAck = half(result => result.ack.p99);
  const saturated: Row[] = [
    { label: 'sends accepted per second', values: rounds(sendsPerSecond), compared: true },
    {
      label: 'deliveries per second',
      values: rounds(r => r.tally.deliveries / r.cost.seconds),
      compared: true,
    },
    { label: '**deliveries per server-CPU-second**', values: perCpu, compared: true },
    {
      label: 'server CPU per message, µs',
      values: rounds(r => (r.cost.serverCpu / r.sends) * 1e6),
      compared: true,
    },
    { label: 'database CPU per message, µs', values: rounds(r => (r.cost.databaseCpu / r.sends) * 1e6) },
    ...latencyRows('ack at saturation', pick => rounds(r => pick(r.ack))),
    ...latencyRows('delivery at saturation', pick => rounds(r => pick(r.delivery))),
    ...busyRows('saturation', rounds),
    {
      label: '`updateRoomLastMessage` per delivery',
      values: rounds(r => r.tally.updates / r.tally.deliveries),
      digits: 2,
    },
    {
      label: 'other events per delivery',
      values: rounds(r => r.tally.others / r.tally.deliveries),
      digits: 2,
    },
    {
      label: 'bytes of a `listenMessage_` frame',
      values: rounds(r => r.tally.deliveryBytes / r.tally.deliveries),
    },
    {
      label: 'bytes of an `updateRoomLastMessage` frame',
      values: rounds(r => r.tally.updateBytes / r.tally.updates),
    },
  ];
  const halved: Row[] = [
    { label: 'half load: sends per second', values: half(result => result.rate) },
    ...latencyRows('ack at half load', pick => half(result => pick(result.ack))),
    ...latencyRows('delivery at half load', pick => half(result => pick(result.delivery))),
    ...busyRows('half load', half),
    ...(all.engine?.same.length
      ? [
          ...latencyRows("ack at bare's half load", pick => same(result => pick(result.ack))),
          ...latencyRows("delivery at bare's half load", pick => same(result => pick(result.delivery))),
        ]
      : []),
  ];
  return {
    title: `${shape.rooms} ${shape.rooms === 1 ? 'room' : 'rooms'} × ${shape.members} members, ${shape.senders} senders with ${shape.inFlight} sends in flight, all viewing`,
    notes: [
      'Saturation: lean clients in a closed loop, medians of the rounds. A latency there shows queueing.',
      ...(shape.members > 100
        ? ['The naive server gets two senders with one send in flight: it is as busy with them.']
        : []),
      'Half load: each server at half of its own saturated rate, open loop, real socket.io-clients, late sends charged from when they were due.',
    ],
    rows: [...saturated, ...halved, ...faultRows(all)],
    goals: goalsOf(context, shape, perCpu, halfAck),
    raw: all,
  };
}

function valuesOf(all: All, pick: (measured: Measured) => number): PerTarget {
  const values: PerTarget = {};
  for (const [name, measured] of Object.entries(all)) values[name as TargetName] = pick(measured);
  return values;
}

/** Where the CPU went; the two cores have to do for all. */
function busyRows(when: string, values: (pick: (one: { cost: Cost }) => number) => PerTarget): Row[] {
  const share = (pick: (cost: Cost) => number) => values(({ cost }) => (pick(cost) / cost.seconds) * 100);
  return [
    { label: `${when}: server busy, % of a core`, values: share(cost => cost.serverCpu) },
    { label: `${when}: database busy, % of a core`, values: share(cost => cost.databaseCpu) },
    { label: `${when}: clients busy, % of a core`, values: share(cost => cost.clientCpu) },
    { label: `${when}: everything else on the machine, % of a core`, values: share(strangersCpu) },
  ];
}

function strangersCpu({ machineCpu, serverCpu, clientCpu, databaseCpu }: Cost): number {
  return machineCpu - serverCpu - clientCpu - (Number.isNaN(databaseCpu) ? 0 : databaseCpu);
}

function latencyRows(what: string, values: (pick: (latency: Percentiles) => number) => PerTarget): Row[] {
  return (['p50', 'p95', 'p99'] as const).map(p => ({
    label: `${p} of ${what}, ms`,
    values: values(latency => latency[p]),
    digits: 1,
    compared: true,
  }));
}

function faultRows(all: All): Row[] {
  const row = (label: string, pick: (measured: Measured) => number): Row => ({
    label,
    values: valuesOf(all, pick),
  });
  const sent = (measured: Measured) => [...measured.rounds, ...measured.half, ...measured.same];
  return [
    row('deliveries lost', measured => addFaults(measured.faults).lost),
    row('deliveries doubled', measured => addFaults(measured.faults).doubled),
    row('deliveries out of order', measured => addFaults(measured.faults).disordered),
    row('sends refused', measured => sent(measured).reduce((sum, one) => sum + one.refused, 0)),
    row('sends without an ack', measured => sent(measured).reduce((sum, one) => sum + one.unanswered, 0)),
    row('connections lost', measured => measured.closed),
  ];
}

function goalsOf(context: Context, shape: Shape, perCpu: PerTarget, halfAck: PerTarget): Goal[] {
  const name = `${shape.rooms} × ${shape.members}`;
  const goal = (other: TargetName, limit: number): Goal => ({
    label: `${name}: deliveries per server-CPU-second to ${other}`,
    reached: ratio(perCpu.engine, perCpu[other]),
    limit,
    sense: 'at least',
    unit: '×',
  });
  if (!context.targets.includes('engine')) return [];
  return [
    goal('bare', 1.5),
    ...(perCpu.naive === undefined && context.options.quick ? [] : [goal('naive', 30)]),
    {
      label: `${name}: ack p99 at half load`,
      reached: halfAck.engine,
      limit: 50,
      sense: 'below',
      unit: 'ms',
    },
  ];
}
