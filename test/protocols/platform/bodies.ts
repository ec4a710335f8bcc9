import { expect } from 'chai';
import { wireMessage, wireRoom } from '../../../src/protocols/kit/objects.ts';
import type { Message, Room } from '../../helpers/client.ts';
import { someone } from '../../helpers/people.ts';
import type { Response } from '../../helpers/platform.ts';

/** The body of `POST /chat/room`: these people, the first of them master, under a link of its own. */
export const roomBody = (
  userIds: readonly string[],
  more: Record<string, unknown> = {},
): Record<string, any> => ({
  name: '상담방',
  roomType: 'GROUP',
  joinUsers: userIds.map((_id, i) => ({ _id, nickName: `nick ${_id}`, master: i === 0 })),
  link: { sid: someone('link'), name: '가게' },
  ...more,
});

export const text = (authorId: string, content: string) => ({
  author: { authorId, nickName: `nick ${authorId}` },
  data: { type: 'TEXT', content: { text: content } },
});

/** The answer is a refusal with this status and code, a sentence, and nothing that should not leak. */
export function expectRefusal({ status, body }: Response, wantedStatus: number, code: string): void {
  expect({ status, error: body?.error, statusCode: body?.statusCode }).to.deep.equal({
    status: wantedStatus,
    error: code,
    statusCode: wantedStatus,
  });
  expect(body.message).to.be.a('string').that.is.not.empty;
  expect(JSON.stringify(body)).not.to.match(/\bat .*\.ts:|Mongo/);
}

/** The answer is a Room, as the contract shows it, and nothing more. */
export function expectRoom(room: unknown): Room {
  const { error } = wireRoom.validate(room, { convert: false });
  expect(error?.message).to.equal(undefined);
  return room as Room;
}

/** The answer is a Message, as the contract shows it, and nothing more. */
export function expectMessage(message: unknown): Message {
  const { error } = wireMessage.validate(message, { convert: false });
  expect(error?.message).to.equal(undefined);
  return message as Message;
}

export const NOWHERE = '0123456789abcdef01234567';
