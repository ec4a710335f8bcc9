import { mongo } from 'mongoose';
import { idFrom } from '../../domain/ids.ts';
import { createdId } from '../../domain/stream/drafts.ts';
import type { EventStore, StreamDraft, StreamEvent } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { docToMessage, docToRoom, messageToDoc, oid } from '../convert.ts';
import { NO_INDEX, type EventDoc } from '../models/platform.ts';

const DUPLICATE_KEY = 11_000;
const COUNTER = 'events';
const WALK = 1_000;
const STATE = 'wanted';
const removalKey = (roomId: string): string => `removal:${roomId}`;

type Numbering = Pick<EventStore, 'lastNo' | 'append'>;
type Notes = Pick<EventStore, 'wantedSince' | 'want' | 'announceRemoval' | 'removals' | 'dropRemoval'>;

export const eventStore = (database: Database): EventStore => ({
  ...numbering(database),
  ...notes(database),
  ...reads(database),
});

function numbering({ events, counters }: Database): Numbering {
  return {
    async lastNo() {
      // The counter trails behind; from there on the numbers have no hole.
      let last = (await counters.findOne({ _id: COUNTER }))?.value ?? 0;
      for (;;) {
        const page = await events
          .find({ no: { $gt: last } })
          .sort({ no: 1 })
          .limit(WALK)
          .project<Pick<EventDoc, 'no'>>({ no: 1 })
          .toArray();
        last = page.at(-1)?.no ?? last;
        if (page.length < WALK) return last;
      }
    },

    async append(drafts, last, expiresAt) {
      const outcome = await insert(
        events,
        drafts.map((draft, i) => toDoc(draft, last + 1 + i, expiresAt)),
      );
      if (outcome.stored > 0)
        await counters.updateOne(
          { _id: COUNTER },
          { $max: { value: last + outcome.stored } },
          { upsert: true },
        );
      return outcome;
    },
  };
}

async function insert(
  events: Database['events'],
  docs: EventDoc[],
): Promise<{ stored: number; stopped?: 'taken' | 'known' }> {
  try {
    await events.insertMany(docs, { ordered: true });
    return { stored: docs.length };
  } catch (error) {
    if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
    const [first] = [error.writeErrors].flat();
    if (first?.code !== DUPLICATE_KEY) throw error;
    const index = /index: (\S+)/.exec(first.errmsg ?? '')?.[1];
    return { stored: first.index, stopped: index === NO_INDEX ? 'taken' : 'known' };
  }
}

function notes({ streamNotes }: Database): Notes {
  return {
    async wantedSince(now) {
      const state = await streamNotes.findOne({ _id: STATE });
      return state?.until && state.until > now ? (state.since ?? null) : null;
    },

    async want(now, until) {
      const { matchedCount } = await streamNotes.updateOne(
        { _id: STATE, until: { $gt: now } },
        { $max: { until } },
      );
      if (matchedCount > 0) return;
      await streamNotes
        .updateOne({ _id: STATE }, { $set: { since: now, until } }, { upsert: true })
        .catch(ignoreDuplicate);
    },

    async announceRemoval(draft) {
      await streamNotes.updateOne(
        { _id: removalKey(draft.roomId) },
        { $set: { removal: toDoc(draft, 0, draft.at), announcedAt: draft.at } },
        { upsert: true },
      );
    },

    async removals(before) {
      const found = await streamNotes.find({ announcedAt: { $lt: before } }).toArray();
      return found.map(({ removal }) => toEvent(removal!));
    },

    async dropRemoval(roomId) {
      await streamNotes.deleteOne({ _id: removalKey(roomId) });
    },
  };
}

/** Two made the document at the same moment: now it is there. */
function ignoreDuplicate(error: unknown): void {
  if ((error as { code?: number }).code !== DUPLICATE_KEY) throw error;
}

function reads({ events, messages, rooms }: Database): Omit<EventStore, keyof Numbering | keyof Notes> {
  return {
    async known(ids) {
      const found = await events
        .find({ _id: { $in: [...ids] } }, { batchSize: ids.length + 1 })
        .project<Pick<EventDoc, '_id'>>({ _id: 1 })
        .toArray();
      return new Set(found.map(({ _id }) => _id));
    },

    async after(no, limit) {
      const found = events.find({ no: { $gt: no } }).sort({ no: 1 });
      return (await found.limit(limit).toArray()).map(toEvent);
    },

    async ofRoom(roomId, no, limit) {
      const found = events.find({ roomId: oid(roomId), no: { $gt: no } }).sort({ no: 1 });
      return (await found.limit(limit).toArray()).map(toEvent);
    },

    async byNo(no) {
      const doc = await events.findOne({ no });
      return doc && toEvent(doc);
    },

    async firstSince(at) {
      // Numbers follow time but for what several nodes noted in the same moment.
      const first = await events
        .find({ at: { $gte: at } })
        .sort({ at: 1 })
        .limit(WALK)
        .project<Pick<EventDoc, 'no'>>({ no: 1 })
        .toArray();
      return first.length === 0 ? null : Math.min(...first.map(({ no }) => no));
    },

    async emptyMessage({ id, roomId, seq }) {
      const edits = { $gte: `message.updated:${id}:`, $lt: `message.updated:${id};` };
      for (const _id of [createdId(roomId, seq), edits])
        await events.updateMany(
          { _id },
          {
            $set: { 'message.data.content': {}, 'message.status': { deleted: true } },
            $unset: { 'message.meta': 1 },
          },
        );
    },

    async eraseAuthor(userId) {
      await events.updateMany(
        { authorId: userId },
        { $set: { 'message.author.nickName': '', 'message.author.profileUrl': null } },
      );
    },

    async changedMessages(since, skip, limit) {
      const found = messages.find({ changedAt: { $gte: since } }).sort({ changedAt: 1, _id: 1 });
      return (await found.skip(skip).limit(limit).toArray()).map(docToMessage);
    },

    async changedRooms(since) {
      const made = rooms.find({ _id: { $gte: oid(idFrom(since)) }, making: { $ne: true } });
      const changed = rooms.find({ settingsAt: { $gte: since }, making: { $ne: true } });
      const docs = [...(await made.toArray()), ...(await changed.toArray())];
      return [...new Map(docs.map(doc => [doc._id.toHexString(), doc])).values()].map(doc => ({
        room: docToRoom(doc),
        settingsAt: doc.settingsAt ?? null,
      }));
    },
  };
}

function toDoc({ id, event, at, roomId, linkSid, seq, facts }: StreamDraft, no: number, expiresAt: Date) {
  const doc: EventDoc = { _id: id, no, event, at, roomId: oid(roomId), expiresAt };
  if (linkSid !== null) doc.linkSid = linkSid;
  if (seq !== null) doc.seq = seq;
  if (facts.message) {
    doc.authorId = facts.message.author.authorId;
    doc.message = messageToDoc(facts.message);
  }
  if (facts.room) doc.room = facts.room;
  if (facts.members) doc.members = facts.members;
  if (facts.report) doc.report = facts.report;
  return doc;
}

const toEvent = (doc: EventDoc): StreamEvent => ({
  no: doc.no,
  id: doc._id,
  event: doc.event,
  at: doc.at,
  roomId: doc.roomId.toHexString(),
  linkSid: doc.linkSid ?? null,
  seq: doc.seq ?? null,
  facts: {
    ...(doc.message ? { message: docToMessage(doc.message) } : {}),
    ...(doc.room ? { room: doc.room } : {}),
    ...(doc.members ? { members: doc.members } : {}),
    ...(doc.report ? { report: doc.report } : {}),
  },
});
