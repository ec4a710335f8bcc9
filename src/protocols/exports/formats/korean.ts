import { EXPORT_TEXTS } from '../../../domain/export-texts.ts';
import type { Message } from '../../../domain/model.ts';
import { NAMELESS } from '../../../domain/texts.ts';
import { ADMIN_ID } from '../../../domain/model.ts';

/** How times are written for people. */
export interface KoreanClock {
  /** "2026년 11월 21일 토요일" */
  day(at: Date): string;
  /** "오후 3:04" */
  time(at: Date): string;
  /** "2026-11-21 15:04:05", which spreadsheets understand. */
  stamp(at: Date): string;
}

const WEEKDAYS: Record<string, string> = {
  Sun: '일',
  Mon: '월',
  Tue: '화',
  Wed: '수',
  Thu: '목',
  Fri: '금',
  Sat: '토',
};

/** Put together from parts: what the runtime's own Korean looks like changes with its version. */
export function koreanClock(timeZone: string): KoreanClock {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    weekday: 'short',
    hour: 'numeric',
    minute: '2-digit',
    hour12: true,
  });
  const stamp = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const of = (at: Date) =>
    Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, value])) as Record<
      Intl.DateTimeFormatPartTypes,
      string
    >;
  return {
    day(at) {
      const { year, month, day, weekday } = of(at);
      return `${year}년 ${month}월 ${day}일 ${WEEKDAYS[weekday]}요일`;
    },
    time(at) {
      const { dayPeriod, hour, minute } = of(at);
      return `${dayPeriod === 'AM' ? '오전' : '오후'} ${hour}:${minute}`;
    },
    stamp: at => stamp.format(at),
  };
}

/** What a message says, in one text: its own, or what it has instead. */
export function textOf({ data, deleted }: Message): string {
  const { text, rawData, files = [] } = data.content;
  if (deleted) return EXPORT_TEXTS['message.deleted']();
  const names = files.map(({ name }) => `${EXPORT_TEXTS[`type.${data.type}`]()}: ${name}`);
  const card = rawData && [rawData.text ?? rawData.cardType, rawData.link?.name];
  return [text, ...(card ?? []), ...names].filter(part => part !== undefined && part !== '').join('\n');
}

/** Who wrote it, in one line. */
export const nameOf = ({ author }: Message): string =>
  author.authorId === ADMIN_ID ? EXPORT_TEXTS['type.ADMIN']() : oneLine(author.nickName) || NAMELESS;

/** A name must not look like a line of its own. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
