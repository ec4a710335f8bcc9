import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import type { Message, StoredFile } from '../model.ts';
import { isElsewhere } from '../messages/files.ts';
import { isMaskOf } from '../moderation/words/matcher.ts';
import type { Announced } from './begin.ts';

/** Whether two announcements speak of the same file. */
export const isSameFile = (
  a: Pick<Announced, 'type' | 'name' | 'size'>,
  b: Pick<Announced, 'type' | 'name' | 'size'>,
): boolean => a.type === b.type && a.name === b.name && a.size === b.size;

/**
 * The syncKey has its message already: it is the answer, unless this is another file. The first slice is compared with
 * what is stored. Errors: SYNC_KEY_CONFLICT.
 */
export async function sentBefore(
  chat: Chat,
  message: Message,
  input: Announced & { bytes: Buffer; sliceIndex?: number | null },
): Promise<Message> {
  const file = fileOf(message, input);
  if (!file || (input.sliceIndex ?? 0) > 0) return message;
  const stored = await chat.files.objects.read(file.path, { start: 0, end: input.bytes.length - 1 });
  if (stored && !(await bytesOf(stored)).equals(input.bytes)) throw new ChatError('SYNC_KEY_CONFLICT');
  return message;
}

/** The same for a whole file that comes as a stream: it is read to its end. Errors: SYNC_KEY_CONFLICT. */
export async function streamedBefore(
  chat: Chat,
  message: Message,
  input: Announced,
  body: AsyncIterable<Buffer>,
): Promise<Message> {
  const given = await digestOf(body);
  const file = fileOf(message, { ...input, size: given.size });
  if (!file) return message;
  const stored = await chat.files.objects.read(file.path);
  if (stored && (await digestOf(stored)).digest !== given.digest) throw new ChatError('SYNC_KEY_CONFLICT');
  return message;
}

/** The file of the message; null when it was deleted. What is no PHOTO or VIDEO became a FILE, so the type tells nothing. */
export function fileOf(
  message: Message,
  input: Pick<Announced, 'type' | 'name' | 'size'>,
): StoredFile | null {
  if (message.deleted) return null;
  const file = message.data.content.files?.[0];
  const isTypePossible = message.data.type === input.type || message.data.type === 'FILE';
  if (
    !file ||
    isElsewhere(file) ||
    !isTypePossible ||
    !isMaskOf(file.name, input.name) ||
    file.size !== input.size
  )
    throw new ChatError('SYNC_KEY_CONFLICT');
  return file;
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function digestOf(stream: AsyncIterable<Buffer>): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: hash.digest('hex'), size };
}
