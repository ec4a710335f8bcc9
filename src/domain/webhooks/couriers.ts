import { randomUUID } from 'node:crypto';
import type { Chat } from '../chat.ts';
import type { StreamEvent, Webhook, WebhookSender } from '../ports.ts';
import { Courier } from './courier.ts';

/** Milliseconds. */
const LOOK_EVERY = 1_000;
/** A webhook whose node is silent for so long is taken over by another one. */
export const LEASE = 30_000;
const RENEW_BEFORE = 20_000;

/** The webhooks that this node serves: one courier each, for as long as the lease is this node's. */
export class Couriers {
  readonly holder = randomUUID();
  readonly #chat: Chat;
  readonly #sender: WebhookSender;
  readonly #couriers = new Map<string, { courier: Courier; until: number }>();
  #present: ((event: StreamEvent) => object) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  #isRunning = false;
  #hasLooked = false;

  constructor(chat: Chat, sender: WebhookSender) {
    this.#chat = chat;
    this.#sender = sender;
    chat.stream.onAppended(() => this.#wake());
  }

  get sender(): WebhookSender {
    return this.#sender;
  }

  /** This node can deliver: `present` makes the body of an event. */
  serve(present: (event: StreamEvent) => object): void {
    this.#present = present;
  }

  start(): void {
    if (!this.#present) return;
    this.#isRunning = true;
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY);
    this.#timer.unref();
  }

  /** Ends what is under way and gives the leases back. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#isRunning = false;
    await this.#looking;
    await Promise.all([...this.#couriers.values()].map(({ courier }) => courier.stop()));
    if (this.#couriers.size > 0)
      await this.#chat.stores.webhooks
        .release(this.holder)
        .catch((error: unknown) => this.#chat.reporter.problem('giving webhooks back', error));
    this.#couriers.clear();
  }

  /** Takes what is free, renews what is its own, and sets every courier to work. */
  async look(): Promise<void> {
    if (this.#isRunning) await (this.#looking ??= this.#look().finally(() => (this.#looking = null)));
  }

  async #look(): Promise<void> {
    // While the stream is not wanted there is no webhook, but perhaps one from before everything stood still for long.
    if (this.#hasLooked && !this.#chat.stream.isOn) return;
    try {
      const webhooks = await this.#chat.stores.webhooks.list();
      this.#hasLooked = true;
      const active = new Map(webhooks.filter(each => !each.disabledAt).map(each => [each.id, each]));
      if (webhooks.length === 0) return this.#dropAll();
      // While there is a webhook, the stream is wanted.
      await this.#chat.stream.want();
      const last = active.size > 0 ? await this.#chat.stores.events.lastNo() : 0;
      for (const [id, { courier }] of this.#couriers) {
        const now = active.get(id);
        if (!now || now.epoch !== courier.webhook.epoch || courier.isStopped) await this.#drop(id);
        else courier.webhook = { ...now, failingSince: courier.webhook.failingSince };
      }
      for (const webhook of active.values()) await this.#serve(webhook, last);
    } catch (error) {
      this.#chat.reporter.problem('looking for webhooks', error);
    }
  }

  /** New events: a courier that has its lease need not wait for the next look. */
  #wake(): void {
    for (const { courier, until } of this.#couriers.values())
      if (this.#isRunning && until > this.#chat.clock.now()) void courier.work();
  }

  async #serve(webhook: Webhook, last: number): Promise<void> {
    const now = this.#chat.clock.now();
    const mine = this.#couriers.get(webhook.id);
    if (!mine || mine.until - now < RENEW_BEFORE) {
      const until = now + LEASE;
      const { webhooks } = this.#chat.stores;
      if (!(await webhooks.lease(webhook.id, this.holder, new Date(now), new Date(until))))
        return this.#drop(webhook.id);
      if (mine) mine.until = until;
      else await this.#begin(webhook.id, until);
    }
    const courier = this.#couriers.get(webhook.id)?.courier;
    if (courier?.hasWork(last)) void courier.work();
  }

  async #begin(id: string, until: number): Promise<void> {
    // As it is now that nobody else moves its cursor any more.
    const webhook = await this.#chat.stores.webhooks.byId(id);
    if (!webhook || !this.#present) return;
    const courier = new Courier(webhook, {
      chat: this.#chat,
      sender: this.#sender,
      present: this.#present,
      holder: this.holder,
    });
    this.#couriers.set(id, { courier, until });
  }

  async #dropAll(): Promise<void> {
    for (const id of [...this.#couriers.keys()]) await this.#drop(id);
  }

  async #drop(id: string): Promise<void> {
    const mine = this.#couriers.get(id);
    this.#couriers.delete(id);
    await mine?.courier.stop();
  }
}
