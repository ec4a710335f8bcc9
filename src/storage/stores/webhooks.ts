import type { Delivery, Webhook, WebhookStore } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import type { DeliveryDoc, WebhookDoc } from '../models/platform.ts';

type Deliveries = Pick<WebhookStore, 'record' | 'delivery' | 'deliveries'>;

export function webhookStore(database: Database): WebhookStore {
  const { webhooks, webhookLanes, deliveries } = database;
  return {
    ...deliveryLog(database),

    async add({ id, ...webhook }) {
      await webhooks.insertOne({ _id: id, ...webhook, lease: null });
    },

    async list() {
      return (await webhooks.find().sort({ createdAt: 1 }).toArray()).map(toWebhook);
    },

    async byId(id) {
      const doc = await webhooks.findOne({ _id: id });
      return doc && toWebhook(doc);
    },

    async change(id, change, at) {
      await webhooks.updateOne({ _id: id }, { $set: { ...change, updatedAt: at } });
    },

    async remove(id) {
      await webhooks.deleteOne({ _id: id });
      await webhookLanes.deleteMany({ webhookId: id });
      await deliveries.deleteMany({ webhookId: id });
    },

    async lease(id, holder, now, until) {
      const free = [{ lease: null }, { 'lease.holder': holder }, { 'lease.until': { $lt: now } }];
      const { matchedCount } = await webhooks.updateOne(
        { _id: id, $or: free },
        { $set: { lease: { holder, until } } },
      );
      return matchedCount === 1;
    },

    async release(holder) {
      await webhooks.updateMany({ 'lease.holder': holder }, { $set: { lease: null } });
    },

    async advance({ id, epoch }, holder, cursor) {
      const { matchedCount } = await webhooks.updateOne(
        { _id: id, epoch, 'lease.holder': holder },
        { $max: { cursor } },
      );
      return matchedCount === 1;
    },

    async rewind(id, cursor) {
      await webhooks.updateOne({ _id: id }, { $min: { cursor }, $inc: { epoch: 1 } });
    },

    async lanes({ id, epoch }) {
      // One event told again on request stays so whatever happens to the cursor.
      const docs = await webhookLanes.find({ webhookId: id }).toArray();
      return docs.filter(doc => doc.only || doc.epoch === epoch).map(({ _id: _, ...lane }) => lane);
    },

    async saveLane(lane) {
      const _id = `${lane.webhookId}:${lane.key}`;
      await webhookLanes.replaceOne({ _id }, lane, { upsert: true });
    },

    async dropLane({ webhookId, key }) {
      await webhookLanes.deleteOne({ _id: `${webhookId}:${key}` });
    },
  };
}

function deliveryLog({ deliveries }: Database): Deliveries {
  return {
    async record(list, expiresAt) {
      await deliveries.bulkWrite(
        list.map(({ id, ...delivery }) => ({
          replaceOne: {
            filter: { _id: id },
            replacement: { ...delivery, rank: -delivery.no, expiresAt },
            upsert: true,
          },
        })),
        { ordered: true },
      );
    },

    async delivery(id) {
      const doc = await deliveries.findOne({ _id: id });
      return doc && toDelivery(doc);
    },

    async deliveries({ webhookId, status, before, limit }) {
      const found = await deliveries
        .find({
          webhookId,
          ...(status ? { status } : {}),
          ...(before === null ? {} : { rank: { $gt: -before } }),
        })
        .sort({ rank: 1 })
        .limit(limit)
        .toArray();
      return found.map(toDelivery);
    },
  };
}

const toWebhook = ({ _id, lease: _, ...doc }: WebhookDoc): Webhook => ({ ...doc, id: _id });

const toDelivery = ({ _id, rank: _, expiresAt: __, ...doc }: DeliveryDoc): Delivery => ({ ...doc, id: _id });
