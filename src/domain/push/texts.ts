import { ADMIN_ID, type Message, type MessageData, type Room } from '../model.ts';
import { NAMELESS } from '../texts.ts';

/** What a push shows, in Korean. */

const TEXTS = {
  'push.photo': '사진을 보냈습니다.',
  'push.video': '동영상을 보냈습니다.',
  'push.file': '파일을 보냈습니다.',
  'push.card': '카드를 보냈습니다.',
  'push.room': '채팅방',
  'push.fromPlatform': '알림',
} as const;

/** Characters (code points); what is longer is cut. */
const MAX_BODY = 200;
const MAX_TITLE = 100;

/** Title and text: in a room of two the other's nick and what they say, elsewhere the room's name and who says what. */
export function pushTexts(room: Room, message: Message): { title: string; body: string } {
  const text = bodyOf(message.data);
  if (message.author.authorId === ADMIN_ID)
    return { title: cut(room.name || TEXTS['push.fromPlatform'], MAX_TITLE), body: cut(text, MAX_BODY) };
  const nick = message.author.nickName || NAMELESS;
  if (room.roomType === 'DIRECT') return { title: cut(nick, MAX_TITLE), body: cut(text, MAX_BODY) };
  const title = cut(room.name || TEXTS['push.room'], MAX_TITLE);
  return { title, body: `${cut(nick, MAX_TITLE)}: ${cut(text, MAX_BODY)}` };
}

function bodyOf({ type, content }: MessageData): string {
  switch (type) {
    case 'PHOTO':
      return TEXTS['push.photo'];
    case 'VIDEO':
      return TEXTS['push.video'];
    case 'FILE':
      return content.files?.[0]?.name ?? TEXTS['push.file'];
    case 'CARD':
      return content.rawData?.text ?? TEXTS['push.card'];
    case 'TEXT':
    case 'ADMIN':
      return content.text ?? '';
  }
}

function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const characters = [...text];
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
}
