import {
  changeWebhook,
  createWebhook,
  listDeliveries,
  listWebhooks,
  pullEvents,
  removeWebhook,
  replay,
  requireWebhook,
} from '../../../domain/webhooks/manage.ts';
import * as catalogue from '../catalogue.ts';
import type { Bind } from '../handlers.ts';
import { presentDelivery, presentEvent, presentWebhook } from '../present.ts';

const LIMIT = 50;
const done = { result: true } as const;
const numberOf = (cursor: string | undefined): number | null =>
  cursor === undefined ? null : Number(cursor);

export function handleWebhooks(bind: Bind): void {
  bind(catalogue.createWebhook, async ({ chat, actor }, body) => {
    const webhook = await createWebhook(chat, actor, body);
    return { ...presentWebhook(webhook), secret: webhook.secret };
  });
  bind(catalogue.listWebhooks, async ({ chat, actor }) => ({
    list: (await listWebhooks(chat, actor)).map(presentWebhook),
  }));
  bind(catalogue.getWebhook, async ({ chat, actor }, { id }) =>
    presentWebhook(await requireWebhook(chat, actor, id)),
  );
  bind(catalogue.patchWebhook, async ({ chat, actor }, { id, ...patch }) =>
    presentWebhook(await changeWebhook(chat, actor, id, patch)),
  );
  bind(catalogue.deleteWebhook, async ({ chat, actor }, { id }) => {
    await removeWebhook(chat, actor, id);
    return done;
  });
  bind(catalogue.listDeliveries, async ({ chat, actor }, { id, status, cursor, limit = LIMIT }) => {
    const query = { status: status ?? null, before: numberOf(cursor), limit };
    const { list, next } = await listDeliveries(chat, actor, id, query);
    return { list: list.map(presentDelivery), nextCursor: next === null ? null : String(next) };
  });
  bind(catalogue.replayWebhook, async ({ chat, actor }, { id, from, deliveryId }) => {
    await replay(chat, actor, id, {
      ...(from === undefined ? {} : { from: new Date(from) }),
      ...(deliveryId === undefined ? {} : { deliveryId }),
    });
    return done;
  });
  bind(catalogue.listEvents, async ({ chat, actor }, { after, limit = LIMIT }) => {
    const { list, next, hasMore } = await pullEvents(chat, actor, { after: numberOf(after) ?? 0, limit });
    return { list: list.map(presentEvent), nextCursor: String(next), hasMore };
  });
}
