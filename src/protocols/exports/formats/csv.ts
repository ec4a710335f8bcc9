import { stringify } from 'csv-stringify/sync';
import { EXPORT_TEXTS } from '../../../domain/export-texts.ts';
import type { Message } from '../../../domain/model.ts';
import type { RoomExport } from '../../../domain/ports.ts';
import { fileUrl } from '../../kit/files.ts';
import { nameOf, textOf, type KoreanClock } from './korean.ts';

const HEADS = [
  'seq',
  'at',
  'author',
  'authorId',
  'type',
  'text',
  'files',
  'reactions',
  'edited',
  'state',
] as const;

/** A table for spreadsheets: UTF-8 with a mark that Excel needs, and no cell that one of them would compute. */
export async function* roomCsv({ pages }: RoomExport, clock: KoreanClock): AsyncGenerator<string> {
  yield `\ufeff${encode([HEADS.map(head => EXPORT_TEXTS[`heads.${head}`]())])}`;
  for await (const page of pages)
    if (page.length > 0) yield encode(page.map(message => rowOf(message, clock)));
}

const rowOf = (message: Message, clock: KoreanClock): (string | number)[] => [
  message.seq,
  clock.stamp(message.createdAt),
  nameOf(message),
  message.author.authorId,
  EXPORT_TEXTS[`type.${message.data.type}`](),
  textOf(message),
  (message.data.content.files ?? []).map(fileUrl).join('\n'),
  message.reactions.map(({ emoji, userIds }) => `${emoji} ${userIds.length}`).join(', '),
  message.editedAt ? clock.stamp(message.editedAt) : '',
  message.deleted ? EXPORT_TEXTS['state.deleted']() : '',
];

const encode = (rows: (string | number)[][]): string =>
  stringify(
    rows.map(row => row.map(harmless)),
    // With this delimiter the library leaves a single line end in a cell bare, where it would begin a row.
    { escape_formulas: true, record_delimiter: 'windows', quoted_match: /[\r\n]/ },
  );

/** Some programs look past blanks and line ends for the beginning of a formula: the library looks at the first letter only. */
const harmless = (cell: string | number): string | number =>
  typeof cell === 'string' && /^[\s\p{Cc}\p{Cf}]+[=+\-@\uff1d\uff0b\uff0d\uff20]/u.test(cell)
    ? `'${cell}`
    : cell;
