import { mayManage } from '../access.ts';
import type { Chat } from '../chat.ts';
import type { Message, Room } from '../model.ts';
import type { ExportJob, UserExport } from '../ports.ts';
import { PAGE, platformOf } from './sight.ts';

/** Rooms that are looked up at once. */
const ROOMS = 200;

const NOTHING: UserExport['records'] = {
  async *[Symbol.asyncIterator]() {},
};

/** Everything that is stored about a person, in the rooms that the asking key may touch. */
export async function userExport(
  chat: Chat,
  job: ExportJob,
  onRead: (part: number) => void,
): Promise<UserExport> {
  const { stores } = chat;
  const userId = job.userId!;
  const [user] = await stores.users.byIds([userId]);
  const members = await stores.members.ofUsers([userId]);
  const rooms = new Map(
    (
      await managed(
        chat,
        job,
        members.map(({ roomId }) => roomId),
      )
    ).map(room => [room.id, room]),
  );
  return {
    userId,
    user: user ?? null,
    memberships: members.flatMap(member => {
      const room = rooms.get(member.roomId);
      return room ? [{ room, member }] : [];
    }),
    pages: writtenBy(chat, job, onRead),
    // They are of all links: a key that is bound to some does not get them.
    records: job.links === null ? stores.takeout.recordsOf(userId) : NOTHING,
    at: job.createdAt,
  };
}

/** What somebody wrote, room by room, a page at a time. */
export async function* writtenBy(
  chat: Chat,
  job: ExportJob,
  onRead: (part: number) => void,
): AsyncGenerator<Message[]> {
  const { takeout } = chat.stores;
  const rooms = await managed(chat, job, await takeout.roomsOf(job.userId!));
  for (const [index, { id }] of rooms.entries()) {
    let after: string | null = null;
    do {
      const page: Message[] = await takeout.messagesOf(job.userId!, id, after, PAGE);
      after = page.length === PAGE ? page.at(-1)!.syncKey : null;
      if (page.length > 0) yield page;
    } while (after !== null);
    onRead((index + 1) / rooms.length);
  }
}

async function managed(chat: Chat, job: ExportJob, ids: readonly string[]): Promise<Room[]> {
  const rooms: Room[] = [];
  for (let at = 0; at < ids.length; at += ROOMS)
    rooms.push(...(await chat.stores.rooms.byIds(ids.slice(at, at + ROOMS))));
  return rooms.filter(room => mayManage(platformOf(job), room));
}
