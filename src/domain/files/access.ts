import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import type { UserActor } from '../model.ts';
import type { FileEntry } from '../ports.ts';
import { isPresent } from '../rooms/live.ts';
import { keyOf, thumbnailKey } from './names.ts';
import type { Signature } from './signing.ts';

/** A stored object for somebody who may have it. */
export interface OpenFile {
  key: string;
  name: string;
  mimeType: string;
}

/**
 * The file at a path for a member of the room into which it was uploaded, as far back as they see the room.
 * Errors: NOT_FOUND (unknown, deleted, or not for them: the three are indistinguishable).
 */
export async function fileFor(chat: Chat, actor: UserActor, path: string): Promise<OpenFile> {
  const file = await entryOf(chat, path);
  if (!(await maySee(chat, actor.userId, file.entry))) throw new ChatError('NOT_FOUND');
  return opened(file);
}

/** The file at a path for whoever has a link that was signed for somebody who may see it. Errors: NOT_FOUND. */
export async function fileSigned(chat: Chat, path: string, signature: Signature): Promise<OpenFile> {
  if (!chat.files.signer.isValid(path, signature, chat.clock.now())) throw new ChatError('NOT_FOUND');
  const file = await entryOf(chat, path);
  if ((await placeOf(chat, file.entry)) === null) throw new ChatError('NOT_FOUND');
  return opened(file);
}

/** Signatures for those of these paths that the user may see. */
export async function signFiles(
  chat: Chat,
  actor: UserActor,
  paths: readonly string[],
): Promise<Map<string, Signature>> {
  const wanted = new Map(
    [...new Set(paths)].flatMap(path => {
      const parts = keyOf(path);
      return parts ? [[path, parts.key] as const] : [];
    }),
  );
  const entries = await chat.stores.files.findMany([...new Set(wanted.values())]);
  const visible = new Set<string>();
  for (const entry of entries) if (await maySee(chat, actor.userId, entry)) visible.add(entry.key);
  const signed = new Map<string, Signature>();
  for (const [path, key] of wanted)
    if (visible.has(key)) signed.set(path, chat.files.signer.sign(path, chat.clock.now()));
  return signed;
}

interface Found {
  entry: FileEntry;
  isThumbnail: boolean;
}

async function entryOf(chat: Chat, path: string): Promise<Found> {
  const parts = keyOf(path);
  const [entry] = parts ? await chat.stores.files.findMany([parts.key]) : [];
  if (!parts || !entry || (parts.isThumbnail && !entry.hasThumbnail)) throw new ChatError('NOT_FOUND');
  return { entry, isThumbnail: parts.isThumbnail };
}

const opened = ({ entry, isThumbnail }: Found): OpenFile =>
  isThumbnail
    ? { key: thumbnailKey(entry.key), name: `${entry.name}.jpg`, mimeType: 'image/jpeg' }
    : { key: entry.key, name: entry.name, mimeType: entry.mimeType };

async function maySee(chat: Chat, userId: string, entry: FileEntry): Promise<boolean> {
  const live = await chat.registry.get(entry.roomId);
  const member = live?.members.get(userId);
  if (!live || !member || !isPresent(member)) return false;
  const place = await placeOf(chat, entry);
  return place !== null && place > live.hiddenUpTo(member);
}

/** The `seq` of its message; null while there is none. A deletion dooms the entry first, so that it is not found. */
async function placeOf(chat: Chat, { key, roomId, userId, syncKey }: FileEntry): Promise<number | null> {
  const known = chat.files.places.get(key);
  if (known !== undefined) return known;
  const message = await chat.stores.log.bySyncKey(roomId, userId, syncKey);
  if (!message || message.deleted) return null;
  chat.files.places.set(key, message.seq);
  return message.seq;
}
