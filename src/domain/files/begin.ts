import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { newId } from '../ids.ts';
import { MAX_SYNC_KEY, takeTurn } from '../messages/send.ts';
import type { UserActor } from '../model.ts';
import type { FileType, Upload } from '../ports.ts';
import type { LiveRoom } from '../rooms/live.ts';
import { uploadKey } from './files.ts';
import { cleanFileName, newKey } from './names.ts';
import { abandon } from './collect.ts';

/** What somebody says of a file before it comes. */
export interface Announced {
  roomId: string;
  /** Unique per author and room, as for every message. */
  syncKey: string;
  type: FileType;
  name: string;
  /** Bytes; 0: not known yet. */
  size: number;
}

const DAY = 86_400_000;

/** Checks and normalises an announcement. Errors: INVALID_PAYLOAD, FILE_TOO_LARGE, FILE_TYPE_NOT_ALLOWED. */
export function cleanAnnounced<A extends Announced>(chat: Chat, announced: A): A {
  const { maxFileBytes } = chat.files.limits;
  if (announced.syncKey.length > MAX_SYNC_KEY)
    throw invalid(`syncKey must not have more than ${MAX_SYNC_KEY} characters`);
  if (announced.size > maxFileBytes) throw tooLarge(maxFileBytes);
  const name = cleanFileName(announced.name);
  requireAllowed(chat, name.slice(name.lastIndexOf('.') + 1));
  return { ...announced, name };
}

export const tooLarge = (maxBytes: number): ChatError =>
  new ChatError('FILE_TOO_LARGE', `A file must not be larger than ${maxBytes} bytes.`);

/** `type` is the ending of a name or a content type. */
export function requireAllowed(chat: Chat, type: string): void {
  const plain = type.toLowerCase().split(';')[0]!;
  if (chat.files.limits.blockedFileTypes.includes(plain)) throw new ChatError('FILE_TYPE_NOT_ALLOWED');
}

/**
 * Begins an upload; one of the same (user, room, syncKey) that did not come to its end is given up.
 * Errors: those of `requireSpeaking`, MESSAGE_HAS_BANNED_WORDS (its name), RATE_LIMITED (bytes of the day, slow mode),
 * TEMPORARILY_UNAVAILABLE.
 */
export async function beginUpload(
  chat: Chat,
  live: LiveRoom,
  actor: UserActor,
  announced: Announced & Pick<Upload, 'way' | 'connectionId'>,
  instead: Upload | null,
): Promise<Upload> {
  await requireTurn(chat, live, actor, announced);
  if (instead) await abandon(chat, instead);
  await takeAllowance(chat, actor.userId, announced.size);
  const at = new Date(chat.clock.now());
  const upload: Upload = {
    id: newId(chat.clock.now()),
    roomId: live.id,
    userId: actor.userId,
    syncKey: announced.syncKey,
    type: announced.type,
    name: announced.name,
    size: announced.size,
    way: announced.way,
    connectionId: announced.connectionId,
    runs: [],
    received: 0,
    bytes: 0,
    key: newKey(live.id, chat.clock.now()),
    state: 'open',
    createdAt: at,
    updatedAt: at,
  };
  if (!(await chat.stores.uploads.begin(upload))) {
    // The same upload was begun on another node at this moment.
    throw new ChatError('TEMPORARILY_UNAVAILABLE', 'This upload is being begun elsewhere: try again.');
  }
  chat.files.known.set(uploadKey(actor.userId, live.id, announced.syncKey), upload);
  return upload;
}

/** What would keep its message from being sent in the end keeps its bytes from coming. */
async function requireTurn(chat: Chat, live: LiveRoom, actor: UserActor, file: Announced): Promise<void> {
  const member = live.members.get(actor.userId);
  if (!member) throw new ChatError('ROOM_NO_EXISTS');
  const data = { type: file.type, content: { files: [{ name: file.name, path: '', size: 0 }] } };
  const turn = await takeTurn(chat, live, member, { data, syncKey: file.syncKey });
  turn.giveBack();
}

/** The upload under way, if there is one. */
export async function findUpload(
  chat: Chat,
  userId: string,
  roomId: string,
  syncKey: string,
): Promise<Upload | null> {
  const key = uploadKey(userId, roomId, syncKey);
  const known = chat.files.known.get(key);
  if (known) return known;
  const stored = await chat.stores.uploads.find(userId, roomId, syncKey);
  if (stored) chat.files.known.set(key, stored);
  return stored;
}

/** Bytes that a user may upload in a day (UTC); what does not come is not given back. Errors: RATE_LIMITED. */
export async function takeAllowance(chat: Chat, userId: string, bytes: number): Promise<void> {
  const { uploadBytesPerDay: limit } = chat.files.limits;
  if (limit === 0 || bytes === 0) return;
  const now = chat.clock.now();
  const midnight = (Math.floor(now / DAY) + 1) * DAY;
  const key = `upload ${new Date(now).toISOString().slice(0, 10)} ${userId}`;
  if (await chat.stores.allowances.take(key, bytes, limit, new Date(midnight + DAY))) return;
  throw new ChatError('RATE_LIMITED', 'You have uploaded as much as you may today.', {
    retryAfterMs: midnight - now,
  });
}
