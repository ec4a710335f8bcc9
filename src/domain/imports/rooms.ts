import { LRUCache } from 'lru-cache';
import { mayManage } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { membersKeyOf } from '../ids.ts';
import { IMPORTING, isReservedId, type Member, type Room } from '../model.ts';
import type { Import, ImportedRoom, ImportKey, RoomImport, RoomSettings } from '../ports.ts';
import { newMember, newRoom, requireRoomsLeft } from '../rooms/create.ts';
import { idOfLine } from './ids.ts';
import type { LineMember, RoomLine } from './lines.ts';
import type { ImportPeople } from './people.ts';
import { SeenTexts } from './seen.ts';

/** A room into which the import writes, and the head of its log. */
export interface RoomInHand {
  roomId: string;
  head: number;
}

const KNOWN = 20_000;

/** The rooms of an import: made, or found again by the partner's own id of them. */
export class ImportRooms {
  readonly #chat: Chat;
  readonly #job: Import;
  readonly #people: ImportPeople;
  readonly #known = new LRUCache<string, RoomInHand>({ max: KNOWN });
  /** Without writing, the rooms of earlier lines. */
  readonly #seen = new SeenTexts();

  constructor(chat: Chat, job: Import, people: ImportPeople) {
    this.#chat = chat;
    this.#job = job;
    this.#people = people;
  }

  /**
   * Opens the room of a line for messages. Errors: ROOM_NO_EXISTS (a link that the key may not touch),
   * ROOM_ALREADY_EXISTS (it has messages, or a line before), ROOM_IS_FREEZED (another import is at work in it),
   * JOIN_USERS_EMPTY, USER_NO_EXISTS, ROOM_IS_FULL, TOO_MANY_ROOMS, INVALID_PAYLOAD.
   */
  async open(line: number, room: RoomLine): Promise<void> {
    if (!mayManage({ kind: 'platform', ...this.#job }, room)) throw new ChatError('ROOM_NO_EXISTS');
    const members = checkMembers(room, this.#chat.limits.maxRoomMembers);
    const scope = room.link ? `link:${room.link.sid}` : `key:${this.#job.keyId}`;
    const key: ImportKey = { scope, key: room.importKey };
    const present = await this.#find(key, room, members);
    // Another holder of this import may be at the same line: what it opened is ours.
    const mine = this.#job.validate ? null : await this.#mine(room.importKey);
    const isTaken = mine
      ? mine.importing!.line !== line
      : this.#job.validate && this.#seen.has(room.importKey);
    if (isTaken)
      throw new ChatError('ROOM_ALREADY_EXISTS', 'An earlier line has a room with this importKey.');
    if (mine) {
      // Their members may have entered the directory after this page began.
      await this.#people.members(members);
      await this.#freeze(mine.roomId, mine.importing!);
    } else if (!present) await this.#make(line, room, key, members);
    else await this.#take(line, key, present, members);
    if (this.#job.validate) this.#seen.add(room.importKey);
  }

  /** The room that a line of this import opened; null if none did. */
  async inHand(importKey: string): Promise<RoomInHand | null> {
    if (this.#job.validate) return this.#seen.has(importKey) ? { roomId: importKey, head: 0 } : null;
    const known = this.#known.get(importKey);
    if (known) return known;
    const { importRooms } = this.#chat.stores;
    const found = await this.#mine(importKey);
    if (!found) return null;
    const room = { roomId: found.roomId, head: (await importRooms.last(found.roomId))?.seq ?? 0 };
    this.#known.set(importKey, room);
    return room;
  }

  #mine(importKey: string): Promise<ImportedRoom | null> {
    return this.#chat.stores.importRooms.inHand(this.#job.id, importKey);
  }

  async #find(key: ImportKey, room: RoomLine, members: readonly LineMember[]): Promise<ImportedRoom | null> {
    const { importRooms } = this.#chat.stores;
    const found = await importRooms.byKey(key);
    if (found || room.roomType !== 'DIRECT') return found;
    // Two people have one DIRECT room, whoever made it.
    const membersKey = membersKeyOf(members.map(({ id }) => id));
    const direct = await importRooms.direct(membersKey, room.link);
    const isSeen = this.#job.validate && !this.#seen.add(JSON.stringify([membersKey, key.scope]));
    if (isSeen || (direct && direct.key !== null))
      throw new ChatError('ROOM_ALREADY_EXISTS', 'The two have a DIRECT room with another importKey.');
    return direct;
  }

  async #make(line: number, input: RoomLine, key: ImportKey, members: readonly LineMember[]): Promise<void> {
    await requireRoomsLeft(
      this.#chat,
      members.map(({ id }) => id),
    );
    const people = await this.#people.members(members);
    if (this.#job.validate) return;
    const { stores } = this.#chat;
    const [no, firstNo] = await Promise.all([stores.rooms.nextNo(), stores.members.nextNos(people.length)]);
    const id = idOfLine(this.#job.id, line, this.#job.createdAt);
    const { createdAt, name, roomType, profileUrl, link, rules, meta } = input;
    const settings = { id, name, roomType, profileUrl, link, rules, meta, members: people };
    const room: Room = newRoom(settings, 'platform', no, createdAt);
    const first: Member[] = people.map((person, i) =>
      newMember(id, person, firstNo + i, person.joinedAt ?? createdAt),
    );
    const isMade = await stores.importRooms.make(room, key, this.#mark(line, members, null), first);
    if (!isMade) throw new ChatError('ROOM_IS_FREEZED', 'Another import is making this room.');
    this.#known.set(key.key, { roomId: id, head: 0 });
  }

  /** A room that was there: empty, or left in the middle by an import that failed. */
  async #take(
    line: number,
    key: ImportKey,
    { roomId, importing, isHidden }: ImportedRoom,
    members: readonly LineMember[],
  ): Promise<void> {
    const { stores, registry } = this.#chat;
    const other = importing && !importing.isOpen ? await stores.imports.byId(importing.importId) : null;
    if (other && other.state !== 'failed')
      throw new ChatError('ROOM_IS_FREEZED', 'Another import is at work in this room.');
    const isLeft = importing !== null && !importing.isOpen;
    const last = await stores.importRooms.last(roomId);
    if (last && !isLeft) throw new ChatError('ROOM_ALREADY_EXISTS', 'The room has messages.');
    if (this.#job.validate) return;
    const room = isHidden ? null : (await registry.get(roomId))?.room;
    const { rules, freezingReasonCode } = room ?? {};
    const before =
      importing?.before ??
      (rules ? { isFreezed: rules.isFreezed, freezingReasonCode: freezingReasonCode ?? null } : null);
    const mark = this.#mark(line, members, before);
    const isMarked = await stores.importRooms.mark(roomId, key, mark, importing?.importId ?? null);
    if (!isMarked && (await this.#mine(key.key))?.importing?.line !== line)
      throw new ChatError('ROOM_IS_FREEZED', 'Another import is at work in this room.');
    await this.#freeze(roomId, mark);
    this.#known.set(key.key, { roomId, head: last?.seq ?? 0 });
  }

  #mark(line: number, members: readonly LineMember[], before: RoomImport['before']): RoomImport {
    const reads = members.flatMap(({ id, readUpTo }) =>
      readUpTo === null ? [] : [{ userId: id, upTo: readUpTo }],
    );
    return { importId: this.#job.id, line, before, reads, isOpen: false };
  }

  /** Members of a room that was there see that nothing can be written meanwhile. */
  async #freeze(roomId: string, { before }: RoomImport): Promise<void> {
    if (!before || this.#job.validate) return;
    const at = new Date(this.#chat.clock.now());
    const settings: RoomSettings = { rules: { isFreezed: true }, freezingReasonCode: IMPORTING };
    await this.#chat.stores.rooms.settings(roomId, settings, at);
    this.#chat.bus.publish({ type: 'room.changed', roomId, settings, at });
  }
}

function checkMembers({ members, roomType }: RoomLine, max: number): LineMember[] {
  const people = [...new Map(members.map(person => [person.id, person])).values()];
  if (people.length === 0) throw new ChatError('JOIN_USERS_EMPTY');
  if (people.length > max) throw new ChatError('ROOM_IS_FULL');
  const reserved = people.find(({ id }) => isReservedId(id));
  if (reserved) throw invalid(`joinUsers must not contain ${reserved.id}`);
  if (roomType !== 'DIRECT') return people;
  if (people.length !== 2) throw invalid('joinUsers of a DIRECT room must be exactly two people');
  return people.map(person => ({ ...person, master: false }));
}
