import { MongoClient, ObjectId, type Collection, type Db, type Document } from 'mongodb';
import { pooled } from './stats.ts';

const BATCH = 1_000;
const BATCHES_AT_ONCE = 3;
/** The history ends this long ago, and had one message a second. */
const AGE_SECONDS = 3_600;

export interface Filled {
  /** Id of the message in the middle of the room, for pages from there. */
  middleId: string;
}

/**
 * Gives a room a history of `count` messages, past the engine, for a million sends would take too long.
 * The documents are copies of the last text that the engine itself has stored there, so they have its schema
 * whatever that is; only what tells messages apart is set anew, and the text where one is given. The engine must read the room afresh afterwards.
 */
export async function fillRoom(
  mongoUri: string,
  roomId: string,
  count: number,
  textOf?: (seq: number) => string,
): Promise<Filled> {
  const client = new MongoClient(mongoUri, { serverSelectionTimeoutMS: 5_000 });
  try {
    const db = client.db();
    const _id = new ObjectId(roomId);
    const messages = db.collection('messages');
    const [template] = await messages
      .find({ roomId: _id, 'data.type': 'TEXT' })
      .sort({ seq: -1 })
      .limit(1)
      .toArray();
    if (!template)
      throw new Error(`the engine has stored no text in room ${roomId}: has its schema changed?`);
    await messages.deleteMany({ roomId: _id });
    const from = Math.floor(Date.now() / 1000) - AGE_SECONDS - count;
    await insertAll(messages, template, from, count, textOf);
    await setHead(db, _id, copyOf(template, from, count));
    return { middleId: idOf(_id, from, Math.floor(count / 2)).toHexString() };
  } finally {
    await client.close();
  }
}

async function insertAll(
  messages: Collection,
  template: Document,
  from: number,
  count: number,
  textOf?: (seq: number) => string,
): Promise<void> {
  const starts = Array.from({ length: Math.ceil(count / BATCH) }, (_, batch) => batch * BATCH + 1);
  await pooled(starts, BATCHES_AT_ONCE, async start => {
    const length = Math.min(BATCH, count - start + 1);
    const batch = Array.from({ length }, (_, i) => {
      const copy = copyOf(template, from, start + i);
      return textOf ? { ...copy, data: { type: 'TEXT', content: { text: textOf(start + i) } } } : copy;
    });
    await messages.insertMany(batch, { ordered: false });
  });
}

function copyOf(template: Document, from: number, seq: number): Document {
  const createdAt = new Date((from + seq) * 1000);
  return {
    ...template,
    _id: idOf(template['roomId'] as ObjectId, from, seq),
    seq,
    syncKey: `fill-${seq}`,
    createdAt,
  };
}

/** Ids that grow with `seq`, as ids of messages stored one after the other do; the same at each call, others in each room. */
function idOf(roomId: ObjectId, from: number, seq: number): ObjectId {
  const digits = (value: number) => value.toString(16).padStart(8, '0');
  return new ObjectId(digits(from + seq) + roomId.toHexString().slice(-8) + digits(seq));
}

async function setHead(db: Db, roomId: ObjectId, last: Document): Promise<void> {
  const rooms = db.collection('rooms');
  const room = await rooms.findOne({ _id: roomId });
  if (!room) throw new Error(`no room ${roomId.toHexString()} in the database`);
  // The room keeps what it likes of its last message: the same keys, with the new message's values.
  const shown = room['lastMessage'] as Document | null;
  const lastMessage = shown
    ? Object.fromEntries(Object.keys(shown).map(key => [key, last[key] ?? shown[key]]))
    : null;
  await rooms.updateOne({ _id: roomId }, { $set: { lastSeq: last['seq'], lastMessage } });
}
