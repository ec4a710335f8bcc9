/** A process full of lean clients; the bench calls the functions of `methods`. */
import { writeFileSync } from 'node:fs';
import { now, percentiles, pooled, sleep, type Percentiles } from '../stats.ts';
import { tokenOf, type User } from '../tokens.ts';
import { LeanClient, numberAfter, seqOf, type Tally } from './lean.ts';
import { startMeter, type Cost, type Meters } from './meter.ts';
import { addFaults, NO_FAULTS, OrderCheck, type Faults } from './order.ts';
import { Round, type RoundParams, type RoundResult, type Sender } from './round.ts';
import { serveCalls } from './rpc.ts';

/** Who connects, and which room they look at. */
export interface Seat {
  user: User;
  roomId?: string;
}

interface Member extends Seat {
  client: LeanClient;
  order: OrderCheck | undefined;
}

/** Times of one request after another, and the size of the last answer. */
export interface AskResult {
  ms: number[];
  bytes: number;
  cost: Cost;
}

export interface BackResult {
  /** From the common start until the last client had its list. */
  allMs: number;
  each: Percentiles;
  /** Connections that had to be tried again. */
  retries: number;
  bytes: number;
  cost: Cost;
}

const LAST_SEQ = Buffer.from('"lastSeq":');
const QUIET_MS = 3_000;

const tally: Tally = {
  deliveries: 0,
  deliveryBytes: 0,
  updates: 0,
  updateBytes: 0,
  others: 0,
  otherBytes: 0,
};
let url = '';
let members: Member[] = [];
let closed = 0;
let round: Round | undefined;

function seat(at: Seat, client: LeanClient): Member {
  const member: Member = { ...at, client, order: undefined };
  client.onClose = () => void closed++;
  return member;
}

async function view(member: Member, sampled: boolean): Promise<void> {
  // Listening starts before the question: what comes between the answer and the next line must not be missed.
  const early: number[] = [];
  member.client.onDelivery = frame => void early.push(seqOf(frame));
  const answer = await member.client.ask('joinRoom', JSON.stringify(member.roomId));
  const base = Math.max(0, numberAfter(answer, LAST_SEQ));
  const order = new OrderCheck(base);
  for (const seq of early) if (seq > base) order.see(seq);
  member.order = order;
  member.client.onDelivery = sampled
    ? frame => {
        order.see(seqOf(frame));
        round?.sample(frame);
      }
    : frame => order.see(seqOf(frame));
}

function isComplete(heads: Record<string, number>): boolean {
  return members.every(({ order, roomId }) => order?.isComplete(heads[roomId ?? ''] ?? 0) ?? true);
}

/** The one argument of an ack: `43/chat,7[{…}]` without what is around it. */
function jsonOf(ack: Buffer): string {
  const text = ack.toString();
  return text.slice(text.indexOf('[') + 1, -1);
}

/** Connects until it works: a server may pace those who come all at once, and a client then tries again. */
async function insist(token: string, retried: () => void): Promise<LeanClient> {
  for (let pause = 100; ; pause = Math.min(2_000, pause * 2)) {
    try {
      return await LeanClient.connect(url, token, tally);
    } catch {
      retried();
      await sleep(pause * (0.5 + Math.random()));
    }
  }
}

export const methods = {
  async connect(params: { url: string; seats: Seat[]; width: number }): Promise<{ ms: number }> {
    const started = now();
    url = params.url;
    const joined: Member[] = [];
    await pooled(params.seats, params.width, async (at, index) => {
      joined[index] = seat(at, await LeanClient.connect(url, tokenOf(at.user), tally));
    });
    members = members.concat(joined); // in the order of the seats: senders are named by their place
    return { ms: now() - started };
  },

  /** Every member opens its room. One in ten is timed at each delivery. */
  async view(params: { width: number }): Promise<void> {
    await pooled(members, params.width, (member, index) => view(member, index % 10 === 1));
  },

  async round(params: RoundParams): Promise<RoundResult> {
    round = new Round(params, tally);
    const senders = params.senders.map((index): Sender => {
      const { client, roomId } = members[index] as Member;
      return { client, roomId: roomId ?? '' };
    });
    return round.run(senders);
  },

  /** Waits until everybody has everything, or until nothing comes any more; then tells what went wrong since the last time. */
  async settle(params: { heads: Record<string, number> }): Promise<Faults & { closed: number }> {
    let seen = -1;
    for (let quiet = 0; quiet < QUIET_MS && !isComplete(params.heads); quiet += 50) {
      if (tally.deliveries !== seen) quiet = 0;
      seen = tally.deliveries;
      await sleep(50);
    }
    // What may come twice comes at once after the first time; give it a moment.
    await sleep(200);
    const faults = addFaults(
      members.map(({ order, roomId = '' }) => order?.takeFaults(params.heads[roomId] ?? 0) ?? NO_FAULTS),
    );
    const result = { ...faults, closed };
    closed = 0;
    return result;
  },

  /** Puts members out of this process, so that real clients can take their seats. */
  drop(params: { userIds: string[] }): void {
    const leaving = new Set(params.userIds);
    for (const member of members) {
      if (!leaving.has(member.user._id)) continue;
      member.client.onClose = undefined;
      member.client.terminate();
    }
    members = members.filter(member => !leaving.has(member.user._id));
  },

  /** One member asks the same again and again; `file` keeps the last answer as JSON. */
  async ask(
    params: Meters & { event: string; args: string; times: number; file?: string },
  ): Promise<AskResult> {
    const client = (members[0] as Member).client;
    const ms: number[] = [];
    let answer: Buffer = Buffer.alloc(0);
    const meter = startMeter(params);
    for (let i = 0; i < params.times; i++) {
      const started = now();
      answer = await client.ask(params.event, params.args);
      ms.push(now() - started);
    }
    const cost = meter();
    if (params.file) writeFileSync(params.file, jsonOf(answer));
    return { ms, bytes: answer.length, cost };
  },

  /** All connections break at once, and a second later everybody is back at the same instant and wants the room list. */
  async comeBack(params: Meters): Promise<BackResult> {
    const tokens = members.map(member => tokenOf(member.user));
    for (const { client } of members) {
      client.onClose = undefined;
      client.terminate();
    }
    await sleep(1_000);
    const started = now();
    const meter = startMeter(params);
    const each: number[] = [];
    let retries = 0;
    let bytes = 0;
    await Promise.all(
      members.map(async (member, index) => {
        member.client = await insist(tokens[index] as string, () => retries++);
        const answer = await member.client.ask('listenRooms', '');
        bytes += answer.length;
        each.push(now() - started);
      }),
    );
    return { allMs: Math.max(...each), each: percentiles(each), retries, bytes, cost: meter() };
  },
};

export type WorkerMethods = typeof methods;

serveCalls(methods);
