import type { RoomExport, UserExport } from '../../../domain/ports.ts';
import { presentJoinUser, presentMessage, presentRoomHead } from '../../kit/present.ts';

/** Members that are encoded at once. */
const SOME = 500;

/** `{exportedAt, room, members, messages}`: the objects of the wire, as the asker sees them. */
export async function* roomJson(source: RoomExport): AsyncGenerator<string> {
  const { room, members, memberCount, showMeta, at } = source;
  const head = { ...presentRoomHead(room), joinUserCount: memberCount, lastSeq: room.lastSeq };
  yield `{"exportedAt":${JSON.stringify(at)},\n"room":${JSON.stringify(head)},\n"members":[`;
  for (let from = 0; from < members.length; from += SOME) {
    const some = members.slice(from, from + SOME);
    yield lines(some, from === 0, member => presentJoinUser(member, showMeta(member)));
  }
  yield `\n],\n"messages":[`;
  yield* listed(source.pages, presentMessage);
  yield `\n]}\n`;
}

/** `{exportedAt, user, memberships, records, messages}`. */
export async function* userJson(source: UserExport): AsyncGenerator<string> {
  const { userId, user, memberships, records, at } = source;
  const profile = user && {
    _id: user.id,
    nickName: user.nickName,
    profileUrl: user.profileUrl,
    meta: user.meta,
    lastSeenAt: user.lastSeenAt,
  };
  yield `{"exportedAt":${JSON.stringify(at)},\n"userId":${JSON.stringify(userId)},\n`;
  yield `"user":${JSON.stringify(profile)},\n"memberships":[`;
  for (let from = 0; from < memberships.length; from += SOME) {
    yield lines(memberships.slice(from, from + SOME), from === 0, ({ room, member }) => ({
      room: { _id: room.id, no: room.no, roomType: room.roomType, name: room.name },
      ...presentJoinUser(member, true),
      lastReadAt: member.lastReadAt,
      mutedUntil: member.mutedUntil,
    }));
  }
  yield `\n],\n"records":[`;
  yield* listed(records, record => record);
  yield `\n],\n"messages":[`;
  yield* listed(source.pages, presentMessage);
  yield `\n]}\n`;
}

async function* listed<T>(
  pages: AsyncIterable<readonly T[]>,
  present: (one: T) => object,
): AsyncGenerator<string> {
  let isFirst = true;
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield lines(page, isFirst, present);
    isFirst = false;
  }
}

/** One to a line, so that people and line tools find their way. */
const lines = <T>(some: readonly T[], isFirst: boolean, present: (one: T) => object): string =>
  `${isFirst ? '' : ','}\n${some.map(one => JSON.stringify(present(one))).join(',\n')}`;
