import { EXPORT_TEXTS } from '../../../domain/export-texts.ts';
import type { Message } from '../../../domain/model.ts';
import type { RoomExport } from '../../../domain/ports.ts';
import { nameOf, oneLine, textOf, type KoreanClock } from './korean.ts';

/** A log for people: a line for each day, then `[홍길동] [오후 3:04] text`. */
export async function* roomText(
  { room, memberCount, pages, at }: RoomExport,
  clock: KoreanClock,
): AsyncGenerator<string> {
  const head = [
    oneLine(room.name) || EXPORT_TEXTS['export.room'](),
    EXPORT_TEXTS['log.savedAt'](`${clock.day(at)} ${clock.time(at)}`),
    EXPORT_TEXTS['log.people'](memberCount),
  ];
  yield `${head.join('\n')}\n`;
  let day = '';
  for await (const page of pages) {
    let lines = '';
    for (const message of page) {
      const its = clock.day(message.createdAt);
      if (its !== day) lines += `\n--------------- ${(day = its)} ---------------\n`;
      lines += `${lineOf(message, clock)}\n`;
    }
    yield lines;
  }
}

/** Further lines of a text are set in, so that none can pass for a message of somebody else. */
function lineOf(message: Message, clock: KoreanClock): string {
  const edited = message.editedAt && !message.deleted ? ` ${EXPORT_TEXTS['message.edited']()}` : '';
  const text = textOf(message).replace(/\r\n?|[\n\v\f\u0085\u2028\u2029]/g, '\n    ');
  return `[${nameOf(message)}] [${clock.time(message.createdAt)}] ${text}${edited}`;
}
