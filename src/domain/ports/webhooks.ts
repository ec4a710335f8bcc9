import type { StreamEventName } from './stream.ts';

/** Why a webhook is not served: the receiver said that it is gone, failed for days, or somebody switched it off. */
export type DisabledReason = 'GONE' | 'FAILING' | 'BY_HAND';

export interface Webhook {
  id: string;
  url: string;
  events: readonly StreamEventName[];
  secret: string;
  /** Only events of rooms of these links; null: of all. */
  links: readonly string[] | null;
  disabledReason: DisabledReason | null;
  disabledAt: Date | null;
  /** Since when there was nothing but failure; null: the last try went well. */
  failingSince: Date | null;
  /** Everything up to this number is done, or a lane has it. */
  cursor: number;
  /** Grows when the cursor is set back: what is under way then does not count. */
  epoch: number;
  createdAt: Date;
  updatedAt: Date;
}

/**
 * A room that is behind the webhook's cursor because the receiver did not take one of its events: the others go on.
 * `only`: just the one event after `after`, told again on request.
 */
export interface Lane {
  webhookId: string;
  key: string;
  epoch: number;
  roomId: string;
  /** Done up to this number. */
  after: number;
  only: boolean;
  /** Tries of the event that stands first. */
  attempts: number;
  /** The first of them. */
  since: Date | null;
  nextAt: Date;
}

export const DELIVERY_STATUSES = ['delivered', 'retrying', 'dead'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** What became of one event at one webhook. */
export interface Delivery {
  /** `<webhook>:<number of the event>`. */
  id: string;
  webhookId: string;
  no: number;
  eventId: string;
  event: StreamEventName;
  roomId: string;
  status: DeliveryStatus;
  attempts: number;
  statusCode: number | null;
  error: string | null;
  /** Milliseconds of the last try. */
  duration: number;
  lastAttemptAt: Date;
  nextAttemptAt: Date | null;
}

export interface WebhookChange {
  url?: string;
  events?: readonly StreamEventName[];
  secret?: string;
  links?: readonly string[] | null;
  disabledReason?: DisabledReason | null;
  disabledAt?: Date | null;
  failingSince?: Date | null;
}

export interface WebhookStore {
  add(webhook: Webhook): Promise<void>;
  /** In the order of their making. */
  list(): Promise<Webhook[]>;
  byId(id: string): Promise<Webhook | null>;
  change(id: string, change: WebhookChange, at: Date): Promise<void>;
  /** With all that is known of its deliveries. */
  remove(id: string): Promise<void>;
  /** Takes the webhook for this node until then; false when another one has it. */
  lease(id: string, holder: string, now: Date, until: Date): Promise<boolean>;
  /** Gives back all that this node has. */
  release(holder: string): Promise<void>;
  /** Moves the cursor; false when the webhook is another node's now, or its cursor was set back meanwhile. */
  advance(webhook: Pick<Webhook, 'id' | 'epoch'>, holder: string, cursor: number): Promise<boolean>;
  /** Sets the cursor back: what follows is told again. */
  rewind(id: string, cursor: number): Promise<void>;
  lanes(webhook: Pick<Webhook, 'id' | 'epoch'>): Promise<Lane[]>;
  saveLane(lane: Lane): Promise<void>;
  dropLane(lane: Pick<Lane, 'webhookId' | 'key'>): Promise<void>;
  record(deliveries: readonly Delivery[], expiresAt: Date): Promise<void>;
  delivery(id: string): Promise<Delivery | null>;
  /** Newest first, with a number below `before`. */
  deliveries(query: {
    webhookId: string;
    status: DeliveryStatus | null;
    before: number | null;
    limit: number;
  }): Promise<Delivery[]>;
}

/** What a receiver answered; `status` null: nothing, and `error` says why. */
export interface SendOutcome {
  status: number | null;
  error: string | null;
  /** Seconds that the receiver wants to be left alone. */
  retryAfter: number | null;
  /** Milliseconds. */
  duration: number;
}

/**
 * Posts to receivers: only to public addresses that were looked up and checked for this very connection, without
 * following redirects, within ten seconds.
 */
export interface WebhookSender {
  /** Why nothing will ever be sent to this address; null: it can be. A name that is not known today may be tomorrow. */
  refusal(url: string): Promise<string | null>;
  /** Never throws. */
  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<SendOutcome>;
}
