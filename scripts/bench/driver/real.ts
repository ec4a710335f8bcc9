/** A process with a few real socket.io-clients, for latencies as an app would see them. */
import { io, type Socket } from 'socket.io-client';
import { now, percentiles, pooled, sleep, type Percentiles } from '../stats.ts';
import { tokenOf } from '../tokens.ts';
import { stampedText } from './lean.ts';
import { startMeter, type Cost, type Meters } from './meter.ts';
import { addFaults, OrderCheck, type Faults } from './order.ts';
import { serveCalls } from './rpc.ts';
import type { Seat } from './worker.ts';

/** An open loop: a send every `1 / rate` seconds whatever the server does, each charged from when it was due. */
export interface OpenLoopParams extends Meters {
  rate: number;
  warmupMs: number;
  windowMs: number;
}

export interface OpenLoopResult {
  ack: Percentiles;
  delivery: Percentiles;
  rate: number;
  refused: number;
  unanswered: number;
  faults: Faults;
  heads: Record<string, number>;
  cost: Cost;
}

export interface RealSeat extends Seat {
  roomId: string;
  sends: boolean;
}

interface Answer {
  success: boolean;
  data?: { lastSeq?: number; message?: { seq: number } };
}

interface Delivery {
  seq: number;
  data: { content: { text?: string } | string };
}

const PATIENCE_MS = 15_000;

const seats: { seat: RealSeat; socket: Socket; order: OrderCheck }[] = [];
let onStamp: ((sent: number) => void) | undefined;
let keys = 0;

function connect(url: string, seat: RealSeat): Promise<Socket> {
  const socket = io(`${url}/chat`, {
    transports: ['websocket'],
    auth: { token: tokenOf(seat.user) },
    forceNew: true,
    reconnection: false,
  });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', reject);
  });
}

async function sitDown(url: string, seat: RealSeat): Promise<void> {
  const socket = await connect(url, seat);
  const known: { order?: OrderCheck } = {};
  const early: number[] = [];
  socket.on(`listenMessage_${seat.roomId}`, (message: Delivery) => {
    if (known.order) known.order.see(message.seq);
    else early.push(message.seq);
    const { content } = message.data;
    const text = typeof content === 'string' ? content : content.text;
    if (text?.startsWith('@')) onStamp?.(Number.parseFloat(text.slice(1)));
  });
  // Parsed like any app would, and dropped: the cost of it belongs to a real client.
  socket.on('updateRoomLastMessage', () => undefined);
  const answer = (await socket.timeout(20_000).emitWithAck('joinRoom', seat.roomId)) as Answer;
  if (!answer.success) throw new Error(`joinRoom: ${JSON.stringify(answer)}`);
  const base = answer.data?.lastSeq ?? 0;
  const order = new OrderCheck(base);
  known.order = order;
  for (const seq of early) if (seq > base) order.see(seq);
  seats.push({ seat, socket, order });
}

export const methods = {
  async connect(params: { url: string; seats: RealSeat[] }): Promise<void> {
    await pooled(params.seats, 10, seat => sitDown(params.url, seat));
  },

  async openLoop(params: OpenLoopParams): Promise<OpenLoopResult> {
    const senders = seats.filter(({ seat }) => seat.sends);
    const gapMs = 1000 / params.rate;
    const startAt = now() + 50;
    const measureFrom = startAt + params.warmupMs;
    const endAt = measureFrom + params.windowMs;
    const ackMs: number[] = [];
    const deliveryMs: number[] = [];
    const heads: Record<string, number> = {};
    let [sent, answered, measured, refused] = [0, 0, 0, 0];
    onStamp = due => {
      if (due >= measureFrom) deliveryMs.push(now() - due);
    };
    const send = (due: number) => {
      const from = senders[sent++ % senders.length];
      if (!from) throw new Error('an open loop needs a sender');
      const { roomId } = from.seat;
      const data = { type: 'TEXT', content: stampedText(due) };
      from.socket.emit(
        'sendMessage',
        { syncKey: `r${process.pid}-${++keys}`, roomId, data },
        (answer: Answer) => {
          answered++;
          if (!answer.success) return void refused++;
          heads[roomId] = Math.max(heads[roomId] ?? 0, answer.data?.message?.seq ?? 0);
          if (due < measureFrom) return;
          measured++;
          ackMs.push(now() - due);
        },
      );
    };
    let meter: (() => Cost) | undefined;
    for (let due = startAt; now() < endAt;) {
      for (; due <= now() && due < endAt; due += gapMs) send(due);
      if (!meter && now() >= measureFrom) meter = startMeter(params);
      await sleep(1);
    }
    const cost = (meter ?? startMeter(params))();
    for (const end = now() + PATIENCE_MS; answered < sent && now() < end;) await sleep(20);
    for (let waited = 0; waited < 2_000 && !allComplete(heads); waited += 50) await sleep(50);
    onStamp = undefined;
    return {
      ack: percentiles(ackMs),
      delivery: percentiles(deliveryMs),
      rate: measured / (params.windowMs / 1000),
      refused,
      unanswered: sent - answered,
      faults: addFaults(seats.map(({ seat, order }) => order.takeFaults(heads[seat.roomId] ?? 0))),
      heads,
      cost,
    };
  },
};

function allComplete(heads: Record<string, number>): boolean {
  return seats.every(({ seat, order }) => order.isComplete(heads[seat.roomId] ?? 0));
}

export type RealMethods = typeof methods;

serveCalls(methods);
