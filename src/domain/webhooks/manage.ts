import { randomBytes, randomUUID } from 'node:crypto';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import type { PlatformActor } from '../model.ts';
import type { Delivery, DeliveryStatus, StreamEvent, StreamEventName, Webhook } from '../ports.ts';

/** Webhooks as partner platforms manage them. A key that is bound to links sees those that are bound to these. */

const MAX_WEBHOOKS = 100;

export interface WebhookInput {
  url: string;
  events: readonly StreamEventName[];
  /** Made here when absent. */
  secret?: string;
  /** Null or absent: all that the key may touch. */
  links?: readonly string[] | null;
}

/**
 * Makes a webhook; it is told what happens from now on. Errors: INVALID_PAYLOAD (an address that nothing is sent to,
 * too many webhooks), YOU_HAVE_NO_AUTHORIZATION (links that are not the key's).
 */
export async function createWebhook(chat: Chat, actor: PlatformActor, input: WebhookInput): Promise<Webhook> {
  const links = linksOf(actor, input.links);
  await requireUrl(chat, input.url);
  if ((await chat.stores.webhooks.list()).length >= MAX_WEBHOOKS)
    throw invalid(`there cannot be more than ${MAX_WEBHOOKS} webhooks`);
  await chat.stream.want();
  await chat.stream.flush();
  const at = new Date(chat.clock.now());
  const webhook: Webhook = {
    id: randomUUID(),
    url: input.url,
    events: [...new Set(input.events)],
    secret: input.secret ?? `whsec_${randomBytes(32).toString('base64url')}`,
    links,
    disabledReason: null,
    disabledAt: null,
    failingSince: null,
    cursor: await chat.stores.events.lastNo(),
    epoch: 0,
    createdAt: at,
    updatedAt: at,
  };
  await chat.stores.webhooks.add(webhook);
  await chat.couriers.look();
  return webhook;
}

export async function listWebhooks(chat: Chat, actor: PlatformActor): Promise<Webhook[]> {
  return (await chat.stores.webhooks.list()).filter(webhook => mayManageWebhook(actor, webhook));
}

/** Errors: NOT_FOUND. */
export async function requireWebhook(chat: Chat, actor: PlatformActor, id: string): Promise<Webhook> {
  const webhook = await chat.stores.webhooks.byId(id);
  if (!webhook || !mayManageWebhook(actor, webhook))
    throw new ChatError('NOT_FOUND', 'There is no such webhook.');
  return webhook;
}

export interface WebhookPatch extends Partial<WebhookInput> {
  /** Switches it off or on; what happened meanwhile is told then, as far as it is kept. */
  active?: boolean;
}

/** Changes what is given. Errors: NOT_FOUND, INVALID_PAYLOAD, YOU_HAVE_NO_AUTHORIZATION. */
export async function changeWebhook(
  chat: Chat,
  actor: PlatformActor,
  id: string,
  { active, links, ...patch }: WebhookPatch,
): Promise<Webhook> {
  const webhook = await requireWebhook(chat, actor, id);
  if (patch.url !== undefined) await requireUrl(chat, patch.url);
  const at = new Date(chat.clock.now());
  const state = active
    ? { disabledReason: null, disabledAt: null, failingSince: null }
    : {
        disabledReason: webhook.disabledReason ?? ('BY_HAND' as const),
        disabledAt: webhook.disabledAt ?? at,
      };
  const change = {
    ...patch,
    ...(patch.events ? { events: [...new Set(patch.events)] } : {}),
    ...(links === undefined ? {} : { links: linksOf(actor, links) }),
    ...(active === undefined ? {} : state),
  };
  await chat.stores.webhooks.change(id, change, at);
  await chat.couriers.look();
  return { ...webhook, ...change, updatedAt: at };
}

/** Errors: NOT_FOUND. */
export async function removeWebhook(chat: Chat, actor: PlatformActor, id: string): Promise<void> {
  await requireWebhook(chat, actor, id);
  await chat.stores.webhooks.remove(id);
  await chat.couriers.look();
}

/** The delivery log, newest first. Errors: NOT_FOUND. */
export async function listDeliveries(
  chat: Chat,
  actor: PlatformActor,
  id: string,
  query: { status: DeliveryStatus | null; before: number | null; limit: number },
): Promise<{ list: Delivery[]; next: number | null }> {
  await requireWebhook(chat, actor, id);
  const found = await chat.stores.webhooks.deliveries({ webhookId: id, ...query, limit: query.limit + 1 });
  const list = found.slice(0, query.limit);
  return { list, next: found.length > list.length ? list.at(-1)!.no : null };
}

/**
 * Tells again: one event (dead ones too), or everything since a time, in order. What is told again has the same id.
 * Errors: NOT_FOUND (also a delivery that is not kept any more), INVALID_PAYLOAD (neither or both).
 */
export async function replay(
  chat: Chat,
  actor: PlatformActor,
  id: string,
  what: { from?: Date; deliveryId?: string },
): Promise<void> {
  const webhook = await requireWebhook(chat, actor, id);
  if ((what.from === undefined) === (what.deliveryId === undefined))
    throw invalid('either from or deliveryId is required');
  if (what.from) {
    const first = await chat.stores.events.firstSince(what.from);
    if (first !== null) await chat.stores.webhooks.rewind(id, first - 1);
  } else await replayOne(chat, webhook, what.deliveryId!);
  await chat.couriers.look();
}

async function replayOne(chat: Chat, { id, epoch }: Webhook, deliveryId: string): Promise<void> {
  const delivery = await chat.stores.webhooks.delivery(deliveryId);
  const isKept =
    delivery?.webhookId === id && (await chat.stores.events.byNo(delivery.no))?.id === delivery.eventId;
  if (!isKept)
    throw new ChatError('NOT_FOUND', 'There is no such delivery, or its event is not kept any more.');
  await chat.stores.webhooks.saveLane({
    webhookId: id,
    key: `again:${delivery.no}`,
    epoch,
    roomId: delivery.roomId,
    after: delivery.no - 1,
    only: true,
    attempts: 0,
    since: null,
    nextAt: new Date(chat.clock.now()),
  });
  // Whatever node delivers sees that there is something new.
  await chat.stores.webhooks.change(id, {}, new Date(chat.clock.now()));
}

const PULL_PAGE = 500;
const PULL_PAGES = 10;

/**
 * What happened after `after`, for platforms that cannot receive. Numbers have no hole and are never given later than
 * a higher one, so whoever goes on from `next` misses nothing. Asking keeps the stream going.
 */
export async function pullEvents(
  chat: Chat,
  actor: PlatformActor,
  { after, limit }: { after: number; limit: number },
): Promise<{ list: StreamEvent[]; next: number; hasMore: boolean }> {
  await chat.stream.want();
  const list: StreamEvent[] = [];
  let next = after;
  for (let i = 0; i < PULL_PAGES; i++) {
    const page = await chat.stores.events.after(next, PULL_PAGE);
    for (const event of page) {
      if (list.length === limit) return { list, next, hasMore: true };
      if (isOfLinks(actor.links, event.linkSid)) list.push(event);
      next = event.no;
    }
    if (page.length < PULL_PAGE) return { list, next, hasMore: false };
  }
  return { list, next, hasMore: true };
}

const isOfLinks = (links: readonly string[] | null, sid: string | null): boolean =>
  links === null || (sid !== null && links.includes(sid));

const mayManageWebhook = ({ links }: PlatformActor, webhook: Webhook): boolean =>
  links === null || (webhook.links !== null && webhook.links.every(sid => links.includes(sid)));

function linksOf(
  { links }: PlatformActor,
  wanted: readonly string[] | null | undefined,
): readonly string[] | null {
  if (wanted == null) return links;
  if (links && !wanted.every(sid => links.includes(sid)))
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'This chat-api-key may not use these links.');
  return [...new Set(wanted)];
}

async function requireUrl(chat: Chat, url: string): Promise<void> {
  const refusal = await chat.couriers.sender.refusal(url);
  if (refusal) throw invalid(`url ${refusal}`);
}
