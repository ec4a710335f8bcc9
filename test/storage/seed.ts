import { randomUUID } from 'node:crypto';
import { newId } from '../../src/domain/ids.ts';
import type { Member, Message, Room } from '../../src/domain/model.ts';
import type { Stores } from '../../src/domain/ports.ts';
import { openDatabase, type Database } from '../../src/storage/database.ts';
import { createStores } from '../../src/storage/stores.ts';
import { aMember, aMessage, aRoom } from '../domain/fakes.ts';
import { databaseUri } from '../helpers/database.ts';

export interface Storage {
  database: Database;
  stores: Stores;
  /** Commands that the driver sent, when watched. */
  commands: { name: string; command: Record<string, any> }[];
}

/** The stores above a database of their own in the real server. */
export async function openStorage(): Promise<Storage> {
  const uri = await databaseUri(`s${randomUUID().slice(0, 8)}`);
  const database = await openDatabase(`${uri}${uri.includes('?') ? '&' : '?'}monitorCommands=true`);
  const commands: Storage['commands'] = [];
  database.connection.getClient().on('commandStarted', ({ commandName, command }) => {
    commands.push({ name: commandName, command: command as Record<string, any> });
  });
  return { database, stores: createStores(database), commands };
}

export interface Population {
  rooms: Room[];
  members: Member[];
  messages: Message[];
}

/** Rooms with members and messages, so many that a planner has to think. */
export async function populate(
  { stores }: Storage,
  counts = { rooms: 30, members: 10, messages: 60 },
): Promise<Population> {
  const people = Array.from({ length: counts.members * 4 }, (_, i) => `person-${i}`);
  const firstNo = await stores.members.nextNos(counts.rooms * counts.members);
  const all: Population = { rooms: [], members: [], messages: [] };
  for (let i = 0; i < counts.rooms; i++) {
    const room = aRoom({
      id: newId(),
      no: await stores.rooms.nextNo(),
      lastSeq: counts.messages,
      membersKey: `key-${i}`,
    });
    await stores.rooms.begin(room);
    const chosen = Array.from({ length: counts.members }, (_, k) => people[(i * 3 + k) % people.length]!);
    const members = chosen.map((id, k) =>
      aMember(room.id, id, { no: firstNo + i * counts.members + k, master: k === 0 }),
    );
    await stores.members.add(members);
    await stores.rooms.finish(room.id);
    const messages = Array.from({ length: counts.messages }, (_, k) =>
      aMessage(room.id, k + 1, {
        author: { authorId: chosen[k % chosen.length]!, nickName: '', profileUrl: null },
        uncountedFor: k % 7 === 0 ? chosen[k % chosen.length]! : null,
        mentions: k % 5 === 0 ? [chosen[(k + 1) % chosen.length]!] : [],
        ...(k % 11 === 0 ? { changedAt: new Date() } : {}),
      }),
    );
    await stores.log.append(messages);
    for (const { id, seq } of messages.slice(0, 10))
      await stores.hides.add({
        userId: chosen[seq % chosen.length]!,
        no: firstNo,
        roomId: room.id,
        messageId: id,
        seq,
        at: new Date(),
      });
    all.rooms.push(room);
    all.members.push(...members);
    all.messages.push(...messages);
  }
  const profile = (id: string) => ({ id, nickName: `nick of ${id}`, profileUrl: null, meta: null });
  await stores.users.upsert(people.map(profile), 'overwrite', new Date());
  return all;
}
