import { Readable } from 'node:stream';
import { requireMember, requireSpeaking } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import { submitTurn, takeTurn } from '../messages/send.ts';
import type { Message, MessageData, UserActor } from '../model.ts';
import type { FileFacts, SlicePlace, SliceRun, Upload } from '../ports.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';
import { filterText } from '../moderation/filter.ts';
import { requireAllowed } from './begin.ts';
import { abandon, forgetUpload } from './collect.ts';
import { stagingKey, thumbnailKey } from './names.ts';

const UNKNOWN = 'application/octet-stream';

/**
 * All bytes are there: stores the file, looks into it, and sends its message. May be repeated after whatever went
 * wrong: each step finds what an earlier try left, and the object is stored before the message that names it.
 * Errors: those of a send, FILE_TYPE_NOT_ALLOWED.
 */
export async function finishUpload(
  chat: Chat,
  live: LiveRoom,
  actor: UserActor,
  upload: Upload,
): Promise<Message> {
  return holding(live, async () => {
    const sent = await chat.stores.log.bySyncKey(live.id, upload.userId, upload.syncKey);
    if (sent) return finished(chat, upload, sent);
    const { member } = await requireMember(chat, actor, live.id);
    await requireSpeaking(chat, live, member);
    const name = filterText(chat, live.room, upload.name);
    await chat.stores.uploads.update(upload.id, {
      state: 'finishing',
      updatedAt: new Date(chat.clock.now()),
    });
    upload.state = 'finishing';
    await gather(chat, upload);
    const facts = await look(chat, upload, name);
    // Somebody may have put them out, muted them, or frozen the room, while the file was looked into.
    const { member: author } = await requireMember(chat, actor, live.id);
    const sending = { syncKey: upload.syncKey, data: contentOf(upload, facts, name), meta: null };
    const turn = await takeTurn(chat, live, author, sending);
    return finished(chat, upload, await submitTurn(chat, live, author, turn, sending));
  });
}

/** What is left of the making is no concern of the sender. */
async function finished(chat: Chat, upload: Upload, message: Message): Promise<Message> {
  chat.files.places.set(upload.key, message.seq);
  await forgetUpload(chat, upload).catch((error: unknown) =>
    chat.reporter.problem('removing what is left of an upload', error),
  );
  return message;
}

/** Brings the bytes under the key of the file. */
async function gather(chat: Chat, upload: Upload): Promise<void> {
  const { objects } = chat.files;
  if (upload.way === 'slices')
    await objects.joinSlices(upload.id, placesOf(upload.runs), upload.key, { mimeType: UNKNOWN });
  // What a link put can be put again: only a copy stays what was looked into.
  if (upload.way === 'link' && !(await objects.copy(stagingKey(upload.id), upload.key)))
    throw new ChatError('FILE_NO_EXISTS_WITH_SYNC_KEY');
}

export function placesOf(runs: readonly SliceRun[]): SlicePlace[] {
  const places: SlicePlace[] = [];
  let offset = 0;
  for (const { size, count } of runs) {
    for (let i = 0; i < count; i++, offset += size) places.push({ index: places.length, offset, size });
  }
  return places;
}

/** Looks into the file and stores its thumbnail and its entry. */
async function look(chat: Chat, upload: Upload, name: string): Promise<FileFacts> {
  const { objects, media } = chat.files;
  const facts = await objects.withLocalFile(upload.key, path => media.inspect(path, upload.name));
  if (!facts) throw new ChatError('FILE_NO_EXISTS_WITH_SYNC_KEY');
  try {
    requireAllowed(chat, facts.mimeType);
  } catch (error) {
    await abandon(chat, upload);
    throw error;
  }
  const { thumbnail } = facts;
  if (thumbnail)
    await objects.put(thumbnailKey(upload.key), Readable.from([thumbnail]), { mimeType: 'image/jpeg' });
  await chat.stores.files.add({
    key: upload.key,
    roomId: upload.roomId,
    userId: upload.userId,
    syncKey: upload.syncKey,
    name,
    mimeType: facts.mimeType,
    size: upload.size,
    hasThumbnail: thumbnail !== undefined,
    createdAt: upload.createdAt,
  });
  return facts;
}

/** A content that is not what its sender says becomes a FILE. */
function contentOf(upload: Upload, facts: FileFacts, name: string): MessageData {
  const { thumbnail, mimeType, frameSize, duration, type } = facts;
  return {
    type: upload.type === type ? type : 'FILE',
    content: {
      files: [
        {
          name,
          path: upload.key,
          size: upload.size,
          mimeType,
          ...(thumbnail ? { thumbnail: thumbnailKey(upload.key) } : {}),
          ...(duration === undefined ? {} : { duration }),
          ...(frameSize === undefined ? {} : { frameSize }),
        },
      ],
    },
  };
}
