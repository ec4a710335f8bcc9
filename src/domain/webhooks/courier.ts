import type { Chat } from '../chat.ts';
import type { Delivery, Lane, SendOutcome, StreamEvent, Webhook, WebhookSender } from '../ports.ts';
import { Slots } from './slots.ts';
import { judge, SCHEDULE, signatureOf, type Verdict } from './verdict.ts';

export interface CourierParts {
  chat: Chat;
  sender: WebhookSender;
  /** The body of an event, as platforms see it. */
  present: (event: StreamEvent) => object;
  /** This node, as leases know it. */
  holder: string;
}

const ROOMS_AT_ONCE = 10;
const PAGE = 200;
const LANE_PAGE = 50;
/** Rooms that may be behind; beyond this nothing new is begun. */
const MAX_LANES = 1_000;
/** A room that keeps a page waiting longer than this goes on in a lane, in milliseconds. */
const PAGE_PATIENCE = 15_000;

/** What a lane is here: the stored one, and what this courier is doing with it. */
interface OpenLane extends Lane {
  isRunning: boolean;
  /** The highest number that pages left to it. */
  upTo: number;
}

/**
 * Delivers the events of one webhook, on the one node that has its lease: page by page, up to ten rooms at once,
 * each in order. A room whose event is not taken gets a lane and is tried again by itself, while the others and the
 * cursor go on.
 */
export class Courier {
  webhook: Webhook;
  readonly #parts: CourierParts;
  readonly #slots = new Slots(ROOMS_AT_ONCE);
  readonly #abort = new AbortController();
  readonly #lanes = new Map<string, OpenLane>();
  readonly #running = new Set<Promise<void>>();
  /** Writes of lanes, one after the other. */
  #saving: Promise<void> = Promise.resolve();
  #position: number;
  #isLoaded = false;
  /** The state of the webhook whose lanes are known here. */
  #loadedFor = -1;
  #working: Promise<void> | null = null;
  #again = false;
  #isStopped = false;

  constructor(webhook: Webhook, parts: CourierParts) {
    this.webhook = webhook;
    this.#parts = parts;
    this.#position = webhook.cursor;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** `last`: the highest number in the stream. */
  hasWork(last: number): boolean {
    return (
      last > this.#position || this.#lanes.size > 0 || this.#loadedFor !== this.webhook.updatedAt.getTime()
    );
  }

  /** Does all that can be done now. Resolves when that is done, but for rooms that are being tried again. */
  work(): Promise<void> {
    this.#again = true;
    this.#working ??= this.#rounds().finally(() => (this.#working = null));
    return this.#working;
  }

  /** Ends what is under way. What was not confirmed is delivered again by whoever comes next, with the same id. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#abort.abort();
    await this.#working?.catch(() => undefined);
    await Promise.allSettled(this.#running);
    await this.#saving.catch(() => undefined);
  }

  async #rounds(): Promise<void> {
    try {
      while (this.#again && !this.#isStopped) {
        this.#again = false;
        await this.#load();
        await this.#pages();
      }
    } catch (error) {
      // The store did not answer: from what it knows, the next time.
      this.#isStopped = true;
      this.#parts.chat.reporter.problem('delivering webhooks', error);
    }
  }

  /** Lanes of before, and events to be told again on request, which other nodes may have asked for. */
  async #load(): Promise<void> {
    const at = this.webhook.updatedAt.getTime();
    if (this.#loadedFor === at) return;
    for (const lane of await this.#parts.chat.stores.webhooks.lanes(this.webhook)) {
      if (this.#lanes.has(lane.key) || (this.#isLoaded && !lane.only)) continue;
      this.#lanes.set(lane.key, { ...lane, isRunning: false, upTo: lane.after });
    }
    this.#isLoaded = true;
    this.#loadedFor = at;
  }

  #runDue(): void {
    const now = this.#parts.chat.clock.now();
    for (const lane of this.#lanes.values()) {
      if (lane.isRunning || lane.nextAt.getTime() > now) continue;
      lane.isRunning = true;
      const run = this.#run(lane)
        .catch((error: unknown) => {
          this.#isStopped = true;
          this.#parts.chat.reporter.problem('delivering a room to a webhook', error);
        })
        .finally(() => {
          lane.isRunning = false;
          this.#running.delete(run);
        });
      this.#running.add(run);
    }
  }

  async #pages(): Promise<void> {
    const { events } = this.#parts.chat.stores;
    while (!this.#isStopped) {
      await this.#dropIdle();
      this.#runDue();
      if (this.#lanes.size >= MAX_LANES) return;
      const page = await events.after(this.#position, PAGE);
      if (page.length === 0) return;
      const rooms = new Map<string, StreamEvent[]>();
      for (const event of page.filter(each => this.#wants(each))) {
        const lane = this.#lanes.get(event.roomId);
        if (lane) this.#leaveTo(lane, event);
        else rooms.set(event.roomId, [...(rooms.get(event.roomId) ?? []), event]);
      }
      const done: Delivery[] = [];
      await Promise.all([...rooms.values()].map(room => this.#deliverRoom(room, done)));
      await this.#record(done);
      await this.#saving;
      if (this.#isStopped) return;
      const to = page.at(-1)!.no;
      if (!(await this.#parts.chat.stores.webhooks.advance(this.webhook, this.#parts.holder, to))) {
        this.#isStopped = true;
        return;
      }
      this.#position = to;
    }
  }

  #leaveTo(lane: OpenLane, { no }: StreamEvent): void {
    if (no <= lane.after) return;
    // A lane that had caught up has something to do again.
    if (lane.upTo <= lane.after && lane.attempts === 0) lane.nextAt = new Date(this.#parts.chat.clock.now());
    lane.upTo = no;
    this.#again = true;
  }

  /** The events of one room, until one is not taken or it takes too long. */
  async #deliverRoom(room: readonly StreamEvent[], done: Delivery[]): Promise<void> {
    const until = Date.now() + PAGE_PATIENCE;
    for (const event of room) {
      const isLate = Date.now() > until;
      const tried = isLate ? null : await this.#try(event, null);
      if (this.#isStopped && !tried) return;
      if (tried) done.push(tried.delivery);
      if (tried && tried.verdict.is !== 'later') continue;
      const now = new Date(this.#parts.chat.clock.now());
      await this.#open(event, room.at(-1)!.no, {
        attempts: tried ? 1 : 0,
        since: tried ? now : null,
        nextAt: tried?.delivery.nextAttemptAt ?? now,
      });
      return;
    }
  }

  async #open(
    event: StreamEvent,
    upTo: number,
    state: Pick<Lane, 'attempts' | 'since' | 'nextAt'>,
  ): Promise<void> {
    const { id: webhookId, epoch } = this.webhook;
    const { roomId, no } = event;
    const lane = { webhookId, key: roomId, epoch, roomId, after: no - 1, only: false, ...state };
    this.#lanes.set(roomId, { ...lane, isRunning: false, upTo });
    this.#again ||= state.attempts === 0;
    await this.#save(() => this.#parts.chat.stores.webhooks.saveLane(lane));
  }

  /** What a lane has to tell, in order, until one event is not taken or nothing is left. */
  async #run(lane: OpenLane): Promise<void> {
    for (;;) {
      const found = await this.#next(lane);
      if (found.length === 0) break;
      for (const event of found) {
        const tried = await this.#try(event, lane);
        if (!tried) return;
        await this.#record([tried.delivery]);
        const isLater = tried.verdict.is === 'later';
        Object.assign(
          lane,
          isLater
            ? {
                attempts: lane.attempts + 1,
                since: lane.since ?? tried.delivery.lastAttemptAt,
                nextAt: tried.delivery.nextAttemptAt,
              }
            : { after: event.no, attempts: 0, since: null },
        );
        await this.#save(() => this.#parts.chat.stores.webhooks.saveLane(storedOf(lane)));
        if (isLater || this.#isStopped) return;
      }
      if (lane.only) break;
    }
    await this.#dropIfIdle(lane, true);
  }

  async #next(lane: OpenLane): Promise<StreamEvent[]> {
    const { events } = this.#parts.chat.stores;
    if (lane.only) {
      const event = await events.byNo(lane.after + 1);
      return event ? [event] : [];
    }
    for (;;) {
      const page = await events.ofRoom(lane.roomId, lane.after, LANE_PAGE);
      const wanted = page.filter(event => this.#wants(event));
      if (wanted.length > 0 || page.length === 0) return wanted;
      lane.after = page.at(-1)!.no;
    }
  }

  async #dropIdle(): Promise<void> {
    for (const lane of [...this.#lanes.values()]) if (!lane.isRunning) await this.#dropIfIdle(lane, false);
  }

  /** A lane that has caught up is closed once the cursor has caught up with it. */
  async #dropIfIdle(lane: OpenLane, isDone: boolean): Promise<void> {
    const hasCaughtUp = lane.only
      ? isDone
      : lane.attempts === 0 && lane.after >= lane.upTo && this.#position >= lane.after;
    if (!hasCaughtUp) return;
    this.#lanes.delete(lane.key);
    await this.#save(() => this.#parts.chat.stores.webhooks.dropLane(lane));
  }

  #save(write: () => Promise<void>): Promise<void> {
    this.#saving = this.#saving.then(write);
    return this.#saving;
  }

  #wants({ event, linkSid }: StreamEvent): boolean {
    const { events, links } = this.webhook;
    return events.includes(event) && (links === null || (linkSid !== null && links.includes(linkSid)));
  }

  /** Null when this courier was stopped meanwhile: then it does not count. */
  async #try(
    event: StreamEvent,
    lane: OpenLane | null,
  ): Promise<{ verdict: Verdict; delivery: Delivery } | null> {
    const outcome = await this.#slots.use(() => this.#post(event));
    if (!outcome || (this.#isStopped && outcome.status === null)) return null;
    const attempts = (lane?.attempts ?? 0) + 1;
    const now = this.#parts.chat.clock.now();
    let verdict = judge(outcome, attempts, Math.random());
    const since = lane?.since?.getTime() ?? now;
    if (verdict.is === 'later' && now + verdict.wait - since > SCHEDULE.patience)
      verdict = { is: 'final', gone: false };
    await this.#account(verdict, now);
    return { verdict, delivery: this.#delivery(event, attempts, outcome, verdict) };
  }

  async #post(event: StreamEvent): Promise<SendOutcome | null> {
    if (this.#isStopped) return null;
    const { chat, sender, present } = this.#parts;
    const { id, url, secret } = this.webhook;
    const body = JSON.stringify(present(event));
    const timestamp = String(Math.floor(chat.clock.now() / 1_000));
    const headers = {
      'content-type': 'application/json',
      'x-chat-webhook-id': id,
      'x-chat-webhook-event': event.event,
      'x-chat-webhook-timestamp': timestamp,
      'x-chat-webhook-signature': signatureOf(secret, timestamp, body),
    };
    return sender.post(url, headers, body, this.#abort.signal);
  }

  /** Health of the whole webhook: gone, or nothing but failure for days. */
  async #account(verdict: Verdict, now: number): Promise<void> {
    const { stores } = this.#parts.chat;
    const at = new Date(now);
    const { id, failingSince } = this.webhook;
    if (verdict.is === 'done') {
      if (failingSince) await stores.webhooks.change(id, { failingSince: null }, at);
      this.webhook = { ...this.webhook, failingSince: null };
      return;
    }
    if (verdict.is === 'final' && verdict.gone) return this.#disable('GONE', at);
    if (!failingSince) {
      this.webhook = { ...this.webhook, failingSince: at };
      return stores.webhooks.change(id, { failingSince: at }, at);
    }
    if (now - failingSince.getTime() > SCHEDULE.giveUp) return this.#disable('FAILING', at);
  }

  async #disable(disabledReason: 'GONE' | 'FAILING', disabledAt: Date): Promise<void> {
    this.#isStopped = true;
    await this.#parts.chat.stores.webhooks.change(
      this.webhook.id,
      { disabledReason, disabledAt },
      disabledAt,
    );
  }

  #delivery(event: StreamEvent, attempts: number, outcome: SendOutcome, verdict: Verdict): Delivery {
    const now = this.#parts.chat.clock.now();
    const status = { done: 'delivered', final: 'dead', later: 'retrying' } as const;
    return {
      id: `${this.webhook.id}:${event.no}`,
      webhookId: this.webhook.id,
      no: event.no,
      eventId: event.id,
      event: event.event,
      roomId: event.roomId,
      status: status[verdict.is],
      attempts,
      statusCode: outcome.status,
      error: outcome.error,
      duration: outcome.duration,
      lastAttemptAt: new Date(now),
      nextAttemptAt: verdict.is === 'later' ? new Date(now + verdict.wait) : null,
    };
  }

  async #record(deliveries: readonly Delivery[]): Promise<void> {
    const { stores, stream } = this.#parts.chat;
    if (deliveries.length > 0) await stores.webhooks.record(deliveries, stream.keptUntil);
  }
}

const storedOf = ({ isRunning: _, upTo: __, ...lane }: OpenLane): Lane => lane;
