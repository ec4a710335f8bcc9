import { isElsewhere } from '../messages/files.ts';
import type { Message, StoredFile } from '../model.ts';
import type { ExportJob } from '../ports.ts';
import { EXPORT_TEXTS } from '../export-texts.ts';

/** Characters of a name without date and ending: with them it stays below what file systems take, in Korean too. */
const MAX_NAME = 60;

/** Where the object of an attempt lies: another one never writes over it. */
export const exportKey = (id: string, attempt: number): string => `exports/${id}/${attempt}`;

/** The keys of all attempts. */
export const exportKeys = ({ id, attempts }: Pick<ExportJob, 'id' | 'attempts'>): string[] =>
  Array.from({ length: attempts }, (_, i) => exportKey(id, i + 1));

/** What a signed link of an export signs. */
export const exportPath = (id: string): string => `exports/${id}`;

/** `<name> 2026-11-21`, the day in this time zone, without what file systems or terminals take amiss. */
export function exportName(name: string, at: Date, timeZone: string): string {
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at);
  return `${plainName(name, MAX_NAME) || EXPORT_TEXTS['export.room']()} ${day}`;
}

/** A name for a file in an archive: its place first, so that it is its own and in order. */
export const entryName = ({ seq }: Message, index: number, { name }: StoredFile): string =>
  `files/${String(seq).padStart(7, '0')}${index > 0 ? `-${index + 1}` : ''} ${plainName(name, 120) || 'file'}`;

/** No separators, no characters that some system forbids, no dot or blank at either end. */
export function plainName(name: string, max: number): string {
  const plain = name
    .normalize('NFC')
    .toWellFormed()
    .replace(/[/\\<>:"|?*\p{Cc}\p{Cf}]/gu, '_')
    .replace(/^[\s.]+|[\s.]+$/gu, '');
  const letters = [...plain];
  if (letters.length <= max) return plain;
  const ending = /\.[\p{L}\p{N}]{1,10}$/u.exec(plain)?.[0] ?? '';
  return (
    letters
      .slice(0, max - ending.length)
      .join('')
      .trimEnd() + ending
  );
}

/** The files of a message that the engine itself stores. */
export const storedFiles = ({ data }: Message): StoredFile[] =>
  (data.content.files ?? []).filter(file => !isElsewhere(file));
