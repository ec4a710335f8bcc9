import { ANONYMOUS_ID, type Message } from '../../domain/model.ts';
import type { RosterEntry } from '../../domain/ports.ts';
import type { FileLink } from '../kit/files.ts';

/** Domain -> the lines and lists of this wire. */

export type Clock12 = (at: Date | number) => string;

/** "4:41 pm" in a time zone, as the seed's `h:mm a`. */
export function clockOf(timeZone: string): Clock12 {
  const format = new Intl.DateTimeFormat('en-US', {
    hour: 'numeric',
    minute: '2-digit',
    hour12: true,
    timeZone,
  });
  return at => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return `${parts.get('hour')}:${parts.get('minute')} ${parts.get('dayPeriod')!.toLowerCase()}`;
  };
}

/** What the seed's test environment calls whom no token names. */
const ANONYMOUS_NUMBER = 1000;

/** A number when the id is a canonical decimal that a number can hold, else the string that it is. */
export function wireId(userId: string): number | string {
  if (userId === ANONYMOUS_ID) return ANONYMOUS_NUMBER;
  const number = Number(userId);
  return /^(0|[1-9]\d*)$/.test(userId) && Number.isSafeInteger(number) ? number : userId;
}

export interface MessageView {
  clock: Clock12;
  linkOf: FileLink;
  /** The nickname with which somebody is in the room now. */
  nicknameOf: (userId: string) => string | undefined;
}

export const systemLine = (text: string, at: Date | number, clock: Clock12) => ({
  type: 'system' as const,
  text,
  time: clock(at),
});

/** A stored message as a line of the room; a deleted one keeps its place with an empty text. */
export function presentLine(message: Message, { clock, linkOf, nicknameOf }: MessageView) {
  const { author, data, createdAt } = message;
  const { text = '', files, rawData } = data.content;
  if (data.type === 'ADMIN') return systemLine(text, createdAt, clock);
  const said = {
    id: wireId(author.authorId),
    nickname: nicknameOf(author.authorId) ?? author.nickName,
    time: clock(createdAt),
  };
  const [file] = files ?? [];
  if (!file) return { type: 'text' as const, text: rawData?.text ?? text, ...said };
  const url = linkOf(file);
  if (data.type === 'PHOTO') return { type: 'image' as const, text, imageUrl: url, ...said };
  return { type: 'text' as const, text: `${file.name} ${url}`, ...said };
}

/** One line per person: who is in comes before who is off, and the anonymous ones are several. */
export function presentUsers(room: string, entries: readonly RosterEntry[]) {
  const shown = new Map<string, RosterEntry>();
  for (const entry of entries) {
    const key = entry.userId === ANONYMOUS_ID ? `connection ${entry.id}` : `user ${entry.userId}`;
    const known = shown.get(key);
    if (!known || (known.isOff && !entry.isOff)) shown.set(key, entry);
  }
  const users = [...shown.values()].map(({ userId, name, kind }) => ({
    id: wireId(userId!),
    nickname: name,
    cType: kind,
  }));
  return { room, users };
}
