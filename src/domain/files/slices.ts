import { requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import type { Message, UserActor } from '../model.ts';
import type { SliceRun, Upload } from '../ports.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';
import { beginUpload, cleanAnnounced, findUpload, type Announced } from './begin.ts';
import { abandon } from './collect.ts';
import { uploadKey } from './files.ts';
import { finishUpload } from './finish.ts';
import { isSameFile, sentBefore } from './repeat.ts';

export interface SliceInput extends Announced {
  bytes: Buffer;
  /** Absent: the next one of the upload that this connection began; from another connection the first one. */
  sliceIndex?: number | null;
  connectionId: string;
}

/** How far an upload is. */
export interface Progress {
  /** Slices received. */
  slice: number;
  /** 0..1 */
  progress: number;
  /** Bytes received. */
  received: number;
}

export type SliceOutcome = Progress | { message: Message };

/** More slices than this are too small ones. */
const MAX_SLICES = 65_536;
/** Slices between two counts in the store. */
const SAVED_EVERY = 8;
/** How often a slice is looked at again because another node counted one meanwhile. */
const TRIES = 3;

/**
 * Takes a slice of a file. The answer is held back as long as its sender is faster than allowed. With the last one the
 * file becomes a message. Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, ROOM_IS_FREEZED, YOU_ARE_MUTED,
 * SEND_FILE_IS_EMPTY, FILE_NO_EXISTS_WITH_SYNC_KEY, FILE_SLICE_OUT_OF_ORDER, FILE_TOO_LARGE, FILE_TYPE_NOT_ALLOWED,
 * SYNC_KEY_CONFLICT, RATE_LIMITED (bytes of the day), INVALID_PAYLOAD, TEMPORARILY_UNAVAILABLE. Seed 1, SendFileMessage.
 */
export async function sendSlice(chat: Chat, actor: UserActor, input: SliceInput): Promise<SliceOutcome> {
  const { live } = await requireMember(chat, actor, input.roomId);
  if (input.bytes.length === 0) throw new ChatError('SEND_FILE_IS_EMPTY');
  const { maxSliceBytes } = chat.files.limits;
  if (input.bytes.length > maxSliceBytes)
    throw invalid(`data must not have more than ${maxSliceBytes} bytes`);
  if (input.size < 1) throw invalid('size must be at least 1');
  const slice = cleanAnnounced(chat, input);
  const outcome = await chat.files.alone(uploadKey(actor.userId, live.id, slice.syncKey), () =>
    holding(live, () => takeSlice(chat, live, actor, slice)),
  );
  const wait = chat.files.pacer.take(actor.userId, slice.bytes.length, chat.clock.now());
  if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait));
  return outcome;
}

async function takeSlice(
  chat: Chat,
  live: LiveRoom,
  actor: UserActor,
  input: SliceInput,
): Promise<SliceOutcome> {
  for (let tries = 0; tries < TRIES; tries++) {
    const known = await findUpload(chat, actor.userId, live.id, input.syncKey);
    const upload = known && !startsAnew(known, input) ? known : null;
    if (!upload) {
      const message = await chat.stores.log.bySyncKey(live.id, actor.userId, input.syncKey);
      if (message) return { message: await sentBefore(chat, message, input) };
      if ((input.sliceIndex ?? 0) > 0) throw new ChatError('FILE_NO_EXISTS_WITH_SYNC_KEY');
    } else if (!isSameFile(upload, input)) throw new ChatError('SYNC_KEY_CONFLICT');
    const begun = upload ?? (await beginUpload(chat, live, actor, { ...input, way: 'slices' }, known));
    const outcome = await addSlice(chat, live, actor, begun, input, tries > 0);
    if (outcome) return outcome;
    chat.files.known.delete(uploadKey(actor.userId, live.id, input.syncKey));
  }
  throw new ChatError('TEMPORARILY_UNAVAILABLE', 'This upload goes on elsewhere: ask how far it is.');
}

/** What is being finished is never begun anew: its message may be on its way into the log. */
const startsAnew = (upload: Upload, input: SliceInput): boolean =>
  upload.state === 'open' &&
  (upload.way !== 'slices' || (input.sliceIndex == null && upload.connectionId !== input.connectionId));

/** Null: another one may have been counted meanwhile on another node, so that the upload has to be looked at anew. */
async function addSlice(
  chat: Chat,
  live: LiveRoom,
  actor: UserActor,
  upload: Upload,
  { bytes, sliceIndex }: SliceInput,
  isFresh: boolean,
): Promise<SliceOutcome | null> {
  const isComplete = upload.state === 'finishing' || upload.bytes === upload.size;
  const index = sliceIndex ?? upload.received;
  if (isComplete) return { message: await finishUpload(chat, live, actor, upload) };
  if (index > upload.received && !isFresh) return null;
  if (index > upload.received)
    throw new ChatError('FILE_SLICE_OUT_OF_ORDER', undefined, { slice: upload.received });
  if (index < upload.received) return progressOf(upload);
  if (upload.bytes + bytes.length > upload.size)
    throw invalid(`the slices have more bytes than size says (${upload.size})`);
  if (upload.received >= MAX_SLICES) throw invalid(`a file must not have more than ${MAX_SLICES} slices`);
  await chat.files.objects.putSlice(upload.id, { index, offset: upload.bytes, size: bytes.length }, bytes);
  const to = {
    received: upload.received + 1,
    bytes: upload.bytes + bytes.length,
    runs: withRun(upload.runs, bytes.length),
    updatedAt: new Date(chat.clock.now()),
  };
  if (isDue(chat, upload, to) && !(await chat.stores.uploads.advance(upload.id, to))) return null;
  Object.assign(upload, to);
  const progress = progressOf(upload);
  chat.bus.publish({
    type: 'upload',
    userId: actor.userId,
    syncKey: upload.syncKey,
    progress: progress.progress,
  });
  if (upload.bytes < upload.size) return progress;
  return { message: await finishUpload(chat, live, actor, upload) };
}

/**
 * Slices are counted in the store now and then, and with the last one: whoever goes on elsewhere, or after a crash,
 * sends a few of them again, which does no harm.
 */
function isDue(chat: Chat, { id, size }: Upload, to: Pick<Upload, 'received' | 'bytes'>): boolean {
  const saved = chat.files.saved.get(id) ?? 0;
  if (to.received > 1 && to.bytes < size && to.received - saved < SAVED_EVERY) return false;
  chat.files.saved.set(id, to.received);
  return true;
}

function withRun(runs: readonly SliceRun[], size: number): SliceRun[] {
  const last = runs.at(-1);
  return last?.size === size
    ? [...runs.slice(0, -1), { size, count: last.count + 1 }]
    : [...runs, { size, count: 1 }];
}

export const progressOf = ({ received, bytes, size }: Upload): Progress => ({
  slice: received,
  progress: size > 0 ? bytes / size : 0,
  received: bytes,
});

/**
 * How far an upload came, for whoever goes on after a reconnect; slices without an index go on from there.
 * Errors: FILE_NO_EXISTS_WITH_SYNC_KEY.
 */
export async function resumeUpload(
  chat: Chat,
  actor: UserActor,
  input: { syncKey: string; roomId?: string | null; connectionId: string },
): Promise<Progress> {
  return withUpload(chat, actor, input, async upload => {
    const change = { connectionId: input.connectionId, updatedAt: new Date(chat.clock.now()) };
    await chat.stores.uploads.update(upload.id, change);
    const key = uploadKey(upload.userId, upload.roomId, upload.syncKey);
    const known = chat.files.known.get(key);
    // What this node counted itself may not be in the store yet.
    const farther = known?.id === upload.id && known.received > upload.received ? known : upload;
    Object.assign(farther, change);
    chat.files.known.set(key, farther);
    return progressOf(farther);
  });
}

/** Gives an upload up, with all that came of it. Errors: FILE_NO_EXISTS_WITH_SYNC_KEY. */
export async function cancelUpload(
  chat: Chat,
  actor: UserActor,
  input: { syncKey: string; roomId?: string | null },
): Promise<void> {
  await withUpload(chat, actor, input, async upload => {
    const { roomId, userId, syncKey } = upload;
    // Its message may be stored: then there is nothing left to be cancelled.
    if (await chat.stores.log.bySyncKey(roomId, userId, syncKey))
      throw new ChatError('FILE_NO_EXISTS_WITH_SYNC_KEY');
    await abandon(chat, upload);
  });
}

/** The upload as the store has it, when it is its turn. One syncKey in several rooms: the one that moved last. */
async function withUpload<T>(
  chat: Chat,
  { userId }: UserActor,
  { syncKey, roomId }: { syncKey: string; roomId?: string | null },
  work: (upload: Upload) => Promise<T>,
): Promise<T> {
  const named = await chat.stores.uploads.latest(userId, syncKey);
  const place = roomId ?? named?.roomId;
  if (!place || !named) throw new ChatError('FILE_NO_EXISTS_WITH_SYNC_KEY');
  return chat.files.alone(uploadKey(userId, place, syncKey), async () => {
    const upload = await chat.stores.uploads.find(userId, place, syncKey);
    if (!upload) throw new ChatError('FILE_NO_EXISTS_WITH_SYNC_KEY');
    return work(upload);
  });
}
