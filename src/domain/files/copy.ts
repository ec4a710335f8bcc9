import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import type { Message, MessageData, StoredFile } from '../model.ts';
import type { FileEntry } from '../ports.ts';
import { takeAllowance } from './begin.ts';
import { pathsOf } from './collect.ts';
import { newKey, thumbnailKey } from './names.ts';

/**
 * The content of a message for another one, of this room, author and syncKey: files that the engine stores are copied,
 * what lies elsewhere stays an address. The copies are doomed until `keepCopies`: if their message never comes, the
 * collector finds them. Errors: MESSAGE_NO_EXISTS (a file is gone, its message was deleted meanwhile), RATE_LIMITED
 * (bytes of the day).
 */
export async function copyFiles(
  chat: Chat,
  message: Message,
  to: Pick<FileEntry, 'roomId' | 'userId' | 'syncKey'>,
): Promise<MessageData> {
  const { data } = message;
  const paths = pathsOf(message);
  if (paths.length === 0) return data;
  const entries = new Map((await chat.stores.files.findMany(paths)).map(entry => [entry.key, entry]));
  if (paths.some(path => !entries.has(path))) throw new ChatError('MESSAGE_NO_EXISTS');
  await takeAllowance(
    chat,
    to.userId,
    [...entries.values()].reduce((sum, { size }) => sum + size, 0),
  );
  const files: StoredFile[] = [];
  for (const file of data.content.files!) {
    const entry = entries.get(file.path);
    files.push(entry ? await copy(chat, file, entry, to) : file);
  }
  return { ...data, content: { ...data.content, files } };
}

async function copy(
  chat: Chat,
  file: StoredFile,
  entry: FileEntry,
  to: Pick<FileEntry, 'roomId' | 'userId' | 'syncKey'>,
): Promise<StoredFile> {
  const { objects } = chat.files;
  const now = chat.clock.now();
  const key = newKey(to.roomId, now);
  await chat.stores.files.add({ ...entry, ...to, key, createdAt: new Date(now) });
  await chat.stores.files.doom([key], new Date(now));
  const isThere = await objects.copy(entry.key, key);
  const isWhole = !entry.hasThumbnail || (await objects.copy(thumbnailKey(entry.key), thumbnailKey(key)));
  if (!isThere || !isWhole) throw new ChatError('MESSAGE_NO_EXISTS');
  return { ...file, path: key, ...(file.thumbnail === undefined ? {} : { thumbnail: thumbnailKey(key) }) };
}

/** The message that the copies were made for is stored: those that it names are kept. */
export async function keepCopies(chat: Chat, message: Message): Promise<void> {
  for (const key of pathsOf(message)) {
    await chat.stores.files.spare(key);
    chat.files.places.set(key, message.seq);
  }
}
