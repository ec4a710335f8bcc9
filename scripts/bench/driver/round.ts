import { percentiles, now, sleep, type Percentiles } from '../stats.ts';
import { combine, isSuccess, seqOf, sendArgs, stampOf, type LeanClient, type Tally } from './lean.ts';
import { startMeter, type Cost, type Meters } from './meter.ts';

/** A closed loop: each sender keeps `inFlight` sends under way and sends the next one on an ack. */
export interface RoundParams extends Meters {
  /** Moment of the monotonic clock at which all client processes begin together. */
  startAt: number;
  warmupMs: number;
  windowMs: number;
  /** Indices of the members of this process that send. */
  senders: number[];
  inFlight: number;
}

export interface RoundResult {
  cost: Cost;
  sends: number;
  tally: Tally;
  ack: Percentiles;
  delivery: Percentiles;
  refused: number;
  unanswered: number;
  /** The newest `seq` that was acked, per room. */
  heads: Record<string, number>;
}

export interface Sender {
  client: LeanClient;
  roomId: string;
}

/** How long acks may take to come in after the last send before they count as unanswered. */
const PATIENCE_MS = 25_000;

let keys = 0;

export class Round {
  private readonly ackMs: number[] = [];
  private readonly deliveryMs: number[] = [];
  private readonly heads: Record<string, number> = {};
  private sends = 0;
  private refused = 0;
  private pending = 0;
  private running = true;
  private measuring = false;

  private readonly params: RoundParams;
  private readonly tally: Tally;

  constructor(params: RoundParams, tally: Tally) {
    this.params = params;
    this.tally = tally;
  }

  /** To be called for the deliveries of a few clients: how long did they take? */
  sample(frame: Buffer): void {
    if (!this.measuring) return;
    const sent = stampOf(frame);
    if (sent !== undefined) this.deliveryMs.push(now() - sent);
  }

  async run(senders: Sender[]): Promise<RoundResult> {
    const { startAt, warmupMs, windowMs, inFlight } = this.params;
    await sleep(startAt - now());
    for (const sender of senders) for (let i = 0; i < inFlight; i++) this.send(sender);
    await sleep(startAt + warmupMs - now());
    const before = { ...this.tally };
    const meter = startMeter(this.params);
    this.measuring = true;
    await sleep(startAt + warmupMs + windowMs - now());
    const cost = meter();
    const after = { ...this.tally };
    this.measuring = this.running = false;
    const sends = this.sends;
    for (const end = now() + PATIENCE_MS; this.pending > 0 && now() < end;) await sleep(20);
    return {
      cost,
      sends,
      tally: combine(after, before, (late, early) => late - early),
      ack: percentiles(this.ackMs),
      delivery: percentiles(this.deliveryMs),
      refused: this.refused,
      unanswered: this.pending,
      heads: this.heads,
    };
  }

  private send(sender: Sender): void {
    const sent = now();
    this.pending++;
    sender.client.emit('sendMessage', sendArgs(sender.roomId, `b${process.pid}-${++keys}`, sent), frame => {
      this.pending--;
      if (frame && isSuccess(frame)) this.accepted(sender.roomId, seqOf(frame), now() - sent);
      else this.refused++;
      // A target that refuses everything at once would otherwise be flooded without end.
      if (this.running && frame && this.refused < 1_000) this.send(sender);
    });
  }

  private accepted(roomId: string, seq: number, ms: number): void {
    this.heads[roomId] = Math.max(this.heads[roomId] ?? 0, seq);
    if (!this.measuring) return;
    this.sends++;
    this.ackMs.push(ms);
  }
}
