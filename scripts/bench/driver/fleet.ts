import { now, type Percentiles } from '../stats.ts';
import { combine } from './lean.ts';
import type { Meters } from './meter.ts';
import { addFaults, type Faults } from './order.ts';
import { Remote } from './rpc.ts';
import type { RoundParams, RoundResult } from './round.ts';
import type { AskResult, BackResult, Seat, WorkerMethods } from './worker.ts';

type Worker = Remote<WorkerMethods>;

/** All lean clients of one target, spread over the client processes. */
export class Fleet {
  private readonly workers: Worker[];
  /** Where each seat went: its process, and its place there. */
  private readonly places: { worker: number; index: number }[] = [];
  private readonly perWorker: number[];

  constructor(size: number) {
    this.workers = Array.from(
      { length: size },
      () => new Remote<WorkerMethods>(new URL('./worker.ts', import.meta.url)),
    );
    this.perWorker = this.workers.map(() => 0);
  }

  get pids(): number[] {
    return this.workers.map(worker => worker.pid);
  }

  /** Connects one client per seat, at most `width` at a time and process. */
  async connect(url: string, seats: Seat[], width = 50): Promise<void> {
    const shares: Seat[][] = this.workers.map(() => []);
    for (const seat of seats) {
      const worker = this.places.length % this.workers.length;
      this.places.push({ worker, index: this.perWorker[worker] ?? 0 });
      this.perWorker[worker] = (this.perWorker[worker] ?? 0) + 1;
      shares[worker]?.push(seat);
    }
    await this.all((worker, i) => worker.call('connect', { url, seats: shares[i] ?? [], width }));
  }

  async view(width = 50): Promise<void> {
    await this.all(worker => worker.call('view', { width }));
  }

  /** One closed-loop round with the seats `senders` sending. */
  async round(params: Omit<RoundParams, 'startAt' | 'senders'>, senders: number[]): Promise<RoundResult> {
    const startAt = now() + 100;
    const results = await this.all((worker, i) => {
      const own = senders.map(seat => this.places[seat]).filter(place => place?.worker === i);
      return worker.call('round', { ...params, startAt, senders: own.map(place => place?.index ?? 0) });
    });
    return merge(results);
  }

  async settle(heads: Record<string, number>): Promise<Faults & { closed: number }> {
    const all = await this.all(worker => worker.call('settle', { heads }));
    return { ...addFaults(all), closed: all.reduce((sum, one) => sum + one.closed, 0) };
  }

  async drop(userIds: string[]): Promise<void> {
    await this.all(worker => worker.call('drop', { userIds }));
  }

  /** The client of the first seat asks. */
  ask(meters: Meters, event: string, args: string, times: number, file?: string): Promise<AskResult> {
    const worker = this.workers[0] as Worker;
    return worker.call('ask', { ...meters, event, args, times, ...(file ? { file } : {}) });
  }

  async comeBack(meters: Meters): Promise<BackResult> {
    const all = await this.all(worker => worker.call('comeBack', meters));
    const first = all[0] as BackResult;
    return {
      ...first,
      allMs: Math.max(...all.map(one => one.allMs)),
      each: mergePercentiles(all.map(one => one.each)),
      retries: all.reduce((sum, one) => sum + one.retries, 0),
      bytes: all.reduce((sum, one) => sum + one.bytes, 0),
    };
  }

  async stop(): Promise<void> {
    await this.all(worker => worker.stop());
  }

  private all<T>(work: (worker: Worker, index: number) => Promise<T>): Promise<T[]> {
    return Promise.all(this.workers.map(work));
  }
}

function merge(results: RoundResult[]): RoundResult {
  const sum = (pick: (result: RoundResult) => number) =>
    results.reduce((total, result) => total + pick(result), 0);
  const heads: Record<string, number> = {};
  for (const result of results) {
    for (const [roomId, seq] of Object.entries(result.heads))
      heads[roomId] = Math.max(heads[roomId] ?? 0, seq);
  }
  const first = results[0] as RoundResult;
  return {
    cost: { ...first.cost, clientCpu: sum(result => result.cost.clientCpu) },
    sends: sum(result => result.sends),
    tally: results.map(result => result.tally).reduce((all, one) => combine(all, one, (a, b) => a + b)),
    ack: mergePercentiles(results.map(result => result.ack)),
    delivery: mergePercentiles(results.map(result => result.delivery)),
    refused: sum(result => result.refused),
    unanswered: sum(result => result.unanswered),
    heads,
  };
}

/** Percentiles of several processes put together by their counts: near enough, as all have like clients. */
function mergePercentiles(parts: Percentiles[]): Percentiles {
  const filled = parts.filter(part => part.count > 0);
  const count = filled.reduce((sum, part) => sum + part.count, 0);
  const mean = (pick: (part: Percentiles) => number) =>
    count === 0 ? NaN : filled.reduce((sum, part) => sum + pick(part) * part.count, 0) / count;
  return {
    count,
    p50: mean(part => part.p50),
    p95: mean(part => part.p95),
    p99: mean(part => part.p99),
    max: Math.max(...filled.map(part => part.max)),
  };
}
