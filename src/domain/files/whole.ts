import { finished, Transform, type Readable } from 'node:stream';
import { requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { isId } from '../ids.ts';
import type { Message, UserActor } from '../model.ts';
import type { Upload } from '../ports.ts';
import { holding } from '../rooms/live.ts';
import { beginUpload, cleanAnnounced, findUpload, takeAllowance, tooLarge, type Announced } from './begin.ts';
import { abandon } from './collect.ts';
import { uploadKey } from './files.ts';
import { finishUpload } from './finish.ts';
import { stagingKey } from './names.ts';
import { isSameFile, streamedBefore } from './repeat.ts';

/** How long a link for uploading works, in seconds. */
const UPLOAD_LINK_SECONDS = 900;

/**
 * Takes a whole file as a stream, and sends its message. `size` is what the sender announces; 0 when it is not known.
 * The same syncKey again is the same message, if the content is the same. Errors: as for slices.
 */
export async function uploadWhole(
  chat: Chat,
  actor: UserActor,
  input: Announced & { body: Readable },
): Promise<Message> {
  const { live } = await requireMember(chat, actor, input.roomId);
  const { body, ...announced } = cleanAnnounced(chat, input);
  return chat.files.alone(uploadKey(actor.userId, live.id, announced.syncKey), () =>
    holding(live, async () => {
      const known = await findUpload(chat, actor.userId, live.id, announced.syncKey);
      // What is being finished comes to its end first: its message may be on its way into the log.
      const finishing = known?.state === 'finishing' ? await finishUpload(chat, live, actor, known) : null;
      const sent = finishing ?? (await chat.stores.log.bySyncKey(live.id, actor.userId, announced.syncKey));
      if (sent) return streamedBefore(chat, sent, announced, limited(chat, body));
      const asked = { ...announced, way: 'stream' as const, connectionId: null };
      const upload = await beginUpload(chat, live, actor, asked, known);
      await store(chat, upload, announced, body);
      return finishUpload(chat, live, actor, upload);
    }),
  );
}

/** Stores the body; nothing of it stays when it breaks, is too large or is empty. */
async function store(chat: Chat, upload: Upload, announced: Announced, body: Readable): Promise<void> {
  try {
    const size = await chat.files.objects.put(upload.key, limited(chat, body), {
      mimeType: 'application/octet-stream',
    });
    if (size === 0) throw new ChatError('SEND_FILE_IS_EMPTY');
    if (announced.size > 0 && announced.size !== size)
      throw invalid(`the body has ${size} bytes, not ${announced.size} as was said`);
    if (announced.size === 0) await takeAllowance(chat, upload.userId, size);
    const change = { size, bytes: size, state: 'finishing' as const, updatedAt: new Date(chat.clock.now()) };
    await chat.stores.uploads.update(upload.id, change);
    Object.assign(upload, change);
  } catch (error) {
    await abandon(chat, upload);
    throw error;
  }
}

/** The body as far as a file may go; what is longer breaks it off with FILE_TOO_LARGE. */
function limited(chat: Chat, body: Readable): Readable {
  const { maxFileBytes } = chat.files.limits;
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxFileBytes) done(tooLarge(maxFileBytes));
      else done(null, chunk);
    },
  });
  // Not a pipeline: that would destroy the request together with the answer to it.
  finished(body, { writable: false }, error => {
    if (error) counter.destroy(invalid('the body broke off'));
  });
  return body.pipe(counter);
}

export interface UploadLink {
  uploadId: string;
  url: string;
  headers: Record<string, string>;
}

/**
 * A link to which the bytes of a file can be put directly; `completeUpload` makes the message of it.
 * Errors: as for slices; NOT_FOUND where files are on a disk.
 */
export async function linkForUpload(chat: Chat, actor: UserActor, input: Announced): Promise<UploadLink> {
  const { live } = await requireMember(chat, actor, input.roomId);
  if (chat.files.objects.kind === 'disk')
    throw new ChatError('NOT_FOUND', 'There are no such links here: send the file to /files.');
  if (input.size < 1) throw new ChatError('SEND_FILE_IS_EMPTY');
  const announced = cleanAnnounced(chat, input);
  return chat.files.alone(uploadKey(actor.userId, live.id, announced.syncKey), () =>
    holding(live, async () => {
      const known = await findUpload(chat, actor.userId, live.id, announced.syncKey);
      const isSent = await chat.stores.log.bySyncKey(live.id, actor.userId, announced.syncKey);
      if (isSent || known?.state === 'finishing') throw new ChatError('SYNC_KEY_CONFLICT');
      const isRepeated = known?.way === 'link' && isSameFile(known, announced);
      const asked = { ...announced, way: 'link' as const, connectionId: null };
      const upload = isRepeated ? known : await beginUpload(chat, live, actor, asked, known);
      const link = await chat.files.objects.uploadLink(stagingKey(upload.id), {
        size: upload.size,
        mimeType: 'application/octet-stream',
        seconds: UPLOAD_LINK_SECONDS,
      });
      return { uploadId: upload.id, ...link! };
    }),
  );
}

/**
 * The bytes were put to the link: makes the message. The same again is the same message.
 * Errors: FILE_NO_EXISTS_WITH_SYNC_KEY (unknown upload, nothing put yet, or another size than was said), and as for slices.
 */
export async function completeUpload(chat: Chat, actor: UserActor, uploadId: string): Promise<Message> {
  const named = isId(uploadId) ? await chat.stores.uploads.byId(uploadId) : null;
  if (named?.userId !== actor.userId || named.way !== 'link')
    throw new ChatError('FILE_NO_EXISTS_WITH_SYNC_KEY');
  const { live } = await requireMember(chat, actor, named.roomId);
  return chat.files.alone(uploadKey(actor.userId, live.id, named.syncKey), async () => {
    const upload = await chat.stores.uploads.byId(uploadId);
    if (!upload) {
      const message = await chat.stores.log.bySyncKey(live.id, actor.userId, named.syncKey);
      if (message) return message;
      throw new ChatError('FILE_NO_EXISTS_WITH_SYNC_KEY');
    }
    const put = await chat.files.objects.stat(stagingKey(upload.id));
    if (upload.state === 'open' && put?.size !== upload.size)
      throw new ChatError('FILE_NO_EXISTS_WITH_SYNC_KEY', 'The bytes have not been put to the link yet.');
    return finishUpload(chat, live, actor, upload);
  });
}
