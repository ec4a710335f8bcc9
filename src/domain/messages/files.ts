import { invalid } from '../errors.ts';
import type { MessageData, StoredFile } from '../model.ts';
import { cleanText } from './content.ts';

export const FILE_TYPES = ['PHOTO', 'VIDEO', 'FILE'] as const;

/** A file that lies elsewhere: its address is shown as it is, and never fetched. */
export interface LinkedFile {
  type: (typeof FILE_TYPES)[number];
  url: string;
  /** As it is shown; the last part of the address by default. */
  name?: string | null;
  /** Goes with a PHOTO only. */
  text?: string | null;
}

/** Characters. */
export const MAX_FILE_URL = 2_048;
const MAX_FILE_NAME = 255;

/** Whether a file lies elsewhere: what the engine stores has a key, not an address. */
export const isElsewhere = ({ path }: Pick<StoredFile, 'path'>): boolean => /^https?:\/\//i.test(path);

/** The content of a message with a file that lies elsewhere. Errors: INVALID_PAYLOAD. */
export function linkedContent({ type, url, name, text }: LinkedFile, maxText: number): MessageData {
  const address = webAddress(url);
  const file: StoredFile = { name: fileName(name, address), path: url, size: 0 };
  const isCaptioned = type === 'PHOTO' && text != null && text.trim() !== '';
  return {
    type,
    content: { files: [file], ...(isCaptioned ? { text: cleanText(text, maxText, 'text') } : {}) },
  };
}

/** http and https, without a password in it: anything else can make a browser do things. */
function webAddress(url: string): URL {
  const address = /^https?:\/\/[^\s\\"'<>`]+$/i.test(url) && url.length <= MAX_FILE_URL && parsed(url);
  if (!address || address.username !== '' || address.password !== '')
    throw invalid('a file must be an http or https address');
  return address;
}

const parsed = (url: string): URL | null => (URL.canParse(url) ? new URL(url) : null);

function fileName(given: string | null | undefined, { pathname, hostname }: URL): string {
  if (given != null && given.trim() !== '') return cleanText(given, MAX_FILE_NAME, 'the name of a file');
  const last = pathname.split('/').findLast(part => part !== '') ?? hostname;
  return decoded(last).slice(0, MAX_FILE_NAME).toWellFormed();
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
