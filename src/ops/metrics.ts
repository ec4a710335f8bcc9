import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What a node counts. Read at /metrics. */
export class Metrics {
  readonly registry = new Registry();
  readonly #events = this.#counter('madang_events_total', 'Events from clients, by event and outcome', [
    'event',
    'outcome',
  ]);
  readonly #requests = this.#counter('madang_http_requests_total', 'HTTP requests, by route and status', [
    'route',
    'status',
  ]);
  readonly #deliveries = this.#counter('madang_frames_sent_total', 'Frames sent to clients, by event', [
    'event',
  ]);
  readonly #clogged = this.#counter(
    'madang_slow_clients_closed_total',
    'Clients closed because they did not read',
    [],
  );
  readonly #refused = this.#counter('madang_connections_refused_total', 'Refused connections, by reason', [
    'reason',
  ]);
  readonly #eventSeconds = this.#histogram(
    'madang_event_seconds',
    'From an event to its ack',
    ['event'],
    SECONDS,
  );
  readonly #batches = this.#histogram(
    'madang_log_batch_size',
    'Messages in one insert',
    [],
    [1, 2, 5, 10, 25, 50, 100, 250, 500],
  );
  readonly #batchSeconds = this.#histogram('madang_log_batch_seconds', 'Time of one insert', [], SECONDS);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Returns the function to call with the outcome: `ok` or an error code. */
  eventStarted(event: string): (outcome: string) => void {
    const started = performance.now();
    return outcome => {
      this.#events.inc({ event, outcome });
      this.#eventSeconds.observe({ event }, (performance.now() - started) / 1000);
    };
  }

  requestDone(route: string, status: number): void {
    this.#requests.inc({ route, status });
  }

  framesSent(event: string, count: number): void {
    if (count > 0) this.#deliveries.inc({ event }, count);
  }

  slowClientClosed(): void {
    this.#clogged.inc();
  }

  connectionRefused(reason: string): void {
    this.#refused.inc({ reason });
  }

  batchStored(size: number, milliseconds: number): void {
    this.#batches.observe(size);
    this.#batchSeconds.observe(milliseconds / 1000);
  }

  /** A figure that is read when somebody asks. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram<L extends string>(name: string, help: string, labelNames: L[], buckets: number[]): Histogram<L> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }
}
