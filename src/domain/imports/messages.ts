import type { Chat } from '../chat.ts';
import { ChatError, invalid, type ErrorCode } from '../errors.ts';
import { ADMIN_ID, isReservedId, type Author, type Message } from '../model.ts';
import type { Import, ImportedMessage } from '../ports.ts';
import { ADMIN_AUTHOR } from '../messages/admin.ts';
import { linksOf } from '../messages/links.ts';
import { hashOf } from '../messages/send.ts';
import { idOfLine, otherId } from './ids.ts';
import type { MessageLine } from './lines.ts';
import type { ImportPeople } from './people.ts';
import type { ImportRooms, RoomInHand } from './rooms.ts';
import { SeenTexts } from './seen.ts';

/** What becomes of lines; the same for a line however often it is worked on. */
export interface Outcome {
  done(kind: 'messages' | 'skipped', count: number): void;
  fault(line: number, code: ErrorCode, message: string): void;
}

interface Entry {
  line: number;
  room: RoomInHand;
  message: Message;
  /** The key of the message that it answers, until its id is known. */
  replyTo: string | null;
}

/** Rounds in which nothing gets on, and the pause between them, in milliseconds: what collides may not be readable yet. */
const PATIENCE = { rounds: 100, pause: 50 };
const keyOf = (roomId: string, syncKey: string): string => JSON.stringify([roomId, syncKey]);
const unknownReply = (key: string): string => `replyTo: the room has no earlier message ${key.slice(0, 100)}`;

/** The messages of an import: a page of lines becomes one insert, with the next numbers of each room. */
export class ImportMessages {
  readonly #chat: Chat;
  readonly #job: Import;
  readonly #rooms: ImportRooms;
  readonly #people: ImportPeople;
  readonly #outcome: Outcome;
  /** Without writing, the messages of earlier lines. */
  readonly #seen = new SeenTexts();
  /** Those of this page, by room and key. */
  #page = new Map<string, Entry>();

  constructor(
    chat: Chat,
    job: Import,
    parts: { rooms: ImportRooms; people: ImportPeople; outcome: Outcome },
  ) {
    this.#chat = chat;
    this.#job = job;
    this.#rooms = parts.rooms;
    this.#people = parts.people;
    this.#outcome = parts.outcome;
  }

  /** Takes a line into the page. Errors: ROOM_NO_EXISTS, USER_NO_EXISTS, MESSAGE_NO_EXISTS, INVALID_PAYLOAD. */
  async add(line: number, input: MessageLine): Promise<void> {
    const room = await this.#rooms.inHand(input.roomKey);
    if (!room) throw new ChatError('ROOM_NO_EXISTS', 'No earlier line opened a room with this roomKey.');
    const author = this.#authorOf(input);
    const key = keyOf(room.roomId, input.syncKey);
    if (this.#job.validate) return this.#rehearse(room, key, input);
    if (this.#page.has(key)) return this.#outcome.done('skipped', 1);
    const message = messageOf(room, author, input, idOfLine(this.#job.id, line, input.createdAt));
    const target = input.replyTo === null ? undefined : this.#page.get(keyOf(room.roomId, input.replyTo));
    if (target) message.replyTo = target.message.id;
    this.#page.set(key, { line, room, message, replyTo: target ? null : input.replyTo });
  }

  /** Writes the page. Throws when the store does not answer: what was written is found by the next attempt. */
  async flush(): Promise<void> {
    let entries = [...this.#page.values()];
    this.#page = new Map();
    if (entries.length === 0) return;
    entries = await this.#findTargets(entries);
    const seqs = new Map<RoomInHand, { uncounted: number; mention: number }>();
    const settle = (entry: Entry, seq: number) => {
      entry.room.head = Math.max(entry.room.head, seq);
      this.#outcome.done('messages', 1);
      const { deleted, mentions } = entry.message;
      if (!deleted && mentions.length === 0) return;
      const raised = seqs.get(entry.room) ?? { uncounted: 0, mention: 0 };
      if (deleted) raised.uncounted = Math.max(raised.uncounted, seq);
      if (mentions.length > 0) raised.mention = Math.max(raised.mention, seq);
      seqs.set(entry.room, raised);
    };
    for (let idle = 0; entries.length > 0;) {
      const before = entries.length;
      entries = await this.#appendOnce(entries, settle);
      idle = entries.length < before ? 0 : idle + 1;
      if (idle > PATIENCE.rounds) throw new Error('imported messages collide with something unreadable');
      if (idle > 0) await new Promise(resolve => setTimeout(resolve, PATIENCE.pause));
    }
    for (const [{ roomId }, raised] of seqs) await this.#chat.stores.importRooms.raise(roomId, raised);
  }

  #rehearse({ roomId }: RoomInHand, key: string, { replyTo }: MessageLine): void {
    if (replyTo !== null && !this.#seen.has(keyOf(roomId, replyTo)))
      throw new ChatError('MESSAGE_NO_EXISTS', unknownReply(replyTo));
    this.#outcome.done(this.#seen.add(key) ? 'messages' : 'skipped', 1);
  }

  #authorOf({ author, data }: MessageLine): Author {
    const { authorId, nickName, profileUrl } = author;
    if (authorId === ADMIN_ID) return ADMIN_AUTHOR;
    if (data.type === 'ADMIN') throw invalid('an ADMIN message has the author ADMIN');
    if (isReservedId(authorId)) throw invalid(`${authorId} cannot be an author`);
    const known = this.#people.find(authorId);
    if (!known && nickName === null)
      throw new ChatError('USER_NO_EXISTS', `The author ${authorId.slice(0, 100)} is not known.`);
    return {
      authorId,
      nickName: nickName ?? known!.nickName,
      profileUrl: nickName === null ? known!.profileUrl : profileUrl,
    };
  }

  /** Messages of earlier pages that are answered; an answer to none is refused. */
  async #findTargets(entries: Entry[]): Promise<Entry[]> {
    const wanted = new Map<string, Set<string>>();
    for (const { room, replyTo } of entries) {
      if (replyTo === null) continue;
      wanted.set(room.roomId, (wanted.get(room.roomId) ?? new Set()).add(replyTo));
    }
    const found = new Map<string, string>();
    for (const [roomId, keys] of wanted) {
      for (const { syncKey, id } of await this.#chat.stores.importRooms.byKeys(roomId, [...keys]))
        found.set(keyOf(roomId, syncKey), id);
    }
    return entries.filter(({ line, room, message, replyTo }) => {
      if (replyTo === null) return true;
      message.replyTo = found.get(keyOf(room.roomId, replyTo)) ?? null;
      if (message.replyTo === null) this.#outcome.fault(line, 'MESSAGE_NO_EXISTS', unknownReply(replyTo));
      return message.replyTo !== null;
    });
  }

  /** One insert of all that is left; returns what has to be tried again. */
  async #appendOnce(entries: Entry[], settle: (entry: Entry, seq: number) => void): Promise<Entry[]> {
    const messages = number(entries);
    const outcome = await this.#chat.stores.importRooms.append(messages);
    entries.slice(0, outcome.stored).forEach((entry, i) => settle(entry, messages[i]!.seq));
    const left = entries.slice(outcome.stored);
    if (outcome.refused !== undefined) {
      const index = outcome.refused - outcome.stored;
      this.#outcome.fault(left[index]!.line, 'INVALID_PAYLOAD', 'the store cannot take this message');
      left.splice(index, 1);
    }
    return outcome.collision ? this.#collided(left, settle) : left;
  }

  /** Some of them are stored already, or somebody else took a number: the log tells. */
  async #collided(entries: Entry[], settle: (entry: Entry, seq: number) => void): Promise<Entry[]> {
    const { importRooms } = this.#chat.stores;
    const byId = new Map<string, ImportedMessage>();
    const byKey = new Map<string, ImportedMessage>();
    for (const stored of await importRooms.byIds(entries.map(({ message }) => message.id)))
      byId.set(stored.id, stored);
    for (const room of new Set(entries.map(entry => entry.room))) {
      const keys = entries.filter(entry => entry.room === room).map(({ message }) => message.syncKey);
      for (const stored of await importRooms.byKeys(room.roomId, keys))
        byKey.set(keyOf(stored.roomId, stored.syncKey), stored);
      room.head = (await importRooms.last(room.roomId))?.seq ?? 0;
    }
    // What an earlier import brought is answered under the id that it has.
    const ids = new Map(
      entries.map(({ message }) => [message.id, byKey.get(keyOf(message.roomId, message.syncKey))?.id]),
    );
    return entries.flatMap(entry => {
      const { message } = entry;
      if (message.replyTo !== null) message.replyTo = ids.get(message.replyTo) ?? message.replyTo;
      const same = byKey.get(keyOf(message.roomId, message.syncKey));
      // Another holder of this import may have stored it between the two questions.
      const stored = byId.get(message.id) ?? (same?.id === message.id ? same : undefined);
      const isThis = stored?.roomId === message.roomId && stored.syncKey === message.syncKey;
      if (isThis) settle(entry, stored.seq);
      else if (same) this.#outcome.done('skipped', 1);
      else return [stored ? { ...entry, message: { ...message, id: otherId(message.id) } } : entry];
      return [];
    });
  }
}

/** The next numbers of each room, in the order of the file. */
function number(entries: readonly Entry[]): Message[] {
  const next = new Map<RoomInHand, number>();
  return entries.map(({ room, message }) => {
    const seq = (next.get(room) ?? room.head) + 1;
    next.set(room, seq);
    return { ...message, seq };
  });
}

function messageOf(room: RoomInHand, author: Author, input: MessageLine, id: string): Message {
  const { syncKey, data, meta, deleted, mentions, createdAt } = input;
  return {
    id,
    roomId: room.roomId,
    seq: 0,
    syncKey,
    syncHash: hashOf({ data, meta, replyTo: null }),
    author,
    data,
    meta,
    deleted,
    uncountedFor: null,
    act: null,
    replyTo: null,
    mentions,
    links: deleted ? [] : linksOf(data),
    reactions: [],
    editedAt: null,
    createdAt,
    changedAt: null,
    revision: 0,
  };
}
