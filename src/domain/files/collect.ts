import type { Chat } from '../chat.ts';
import type { Message } from '../model.ts';
import type { FileEntry, Upload } from '../ports.ts';
import { isElsewhere } from '../messages/files.ts';
import { uploadKey, type Files } from './files.ts';
import { stagingKey, thumbnailKey } from './names.ts';

const EVERY = 60_000;
/** An upload that did not move for this long is given up, in milliseconds. */
export const ABANDONED_AFTER = 86_400_000;
/** A deletion that was begun this long ago has come to its end, one way or the other. */
const DOOMED_AFTER = 60_000;
const AT_ONCE = 100;

/** Removes what no message points to: abandoned uploads, and the objects of messages that are gone. */
export class Collector {
  readonly #chat: Chat;
  readonly #files: Files;
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> | null = null;

  constructor(chat: Chat, files: Files) {
    this.#chat = chat;
    this.#files = files;
  }

  start(): void {
    this.#timer = setInterval(() => void this.collect(), EVERY);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#working;
  }

  /** One round; a round under way is joined. Never throws: what could not be removed is found by the next one. */
  async collect(): Promise<void> {
    this.#working ??= this.#round().finally(() => (this.#working = null));
    await this.#working;
  }

  async #round(): Promise<void> {
    const { stores, clock, reporter } = this.#chat;
    try {
      const now = clock.now();
      for (const upload of await stores.uploads.stale(new Date(now - ABANDONED_AFTER), AT_ONCE))
        await this.#settle(upload);
      const doomed = await stores.files.doomed(new Date(now - DOOMED_AFTER), AT_ONCE);
      for (const file of doomed) await removeIfGone(this.#chat, file);
    } catch (error) {
      reporter.problem('collecting files that nobody needs', error);
    }
  }

  /** A stale upload whose message is stored has only its slices left. */
  async #settle(upload: Upload): Promise<void> {
    const { roomId, userId, syncKey } = upload;
    await this.#files.alone(uploadKey(userId, roomId, syncKey), async () => {
      const message = await this.#chat.stores.log.bySyncKey(roomId, userId, syncKey);
      if (message && pathsOf(message).includes(upload.key)) await forgetUpload(this.#chat, upload);
      else await abandon(this.#chat, upload);
    });
  }
}

/** The keys of the files that the engine stores for this message. */
export const pathsOf = ({ data }: Pick<Message, 'data'>): string[] =>
  (data.content.files ?? []).filter(file => !isElsewhere(file)).map(file => file.path);

/** Gives an upload up: its slices, its file and its entries go, in an order that a crash cannot spoil. */
export async function abandon(chat: Chat, upload: Upload): Promise<void> {
  const { objects } = chat.files;
  chat.files.known.delete(uploadKey(upload.userId, upload.roomId, upload.syncKey));
  // From here on no slice is counted any more; the entry goes last, so that the next round finds what is left.
  await chat.stores.uploads.update(upload.id, { state: 'finishing', updatedAt: upload.updatedAt });
  await objects.dropSlices(upload.id);
  await objects.remove([upload.key, thumbnailKey(upload.key), stagingKey(upload.id)]);
  await chat.stores.files.remove([upload.key]);
  await chat.stores.uploads.remove(upload.id);
}

/** The message of an upload is stored: what is left of its making goes. */
export async function forgetUpload(chat: Chat, upload: Upload): Promise<void> {
  chat.files.known.delete(uploadKey(upload.userId, upload.roomId, upload.syncKey));
  if (upload.way === 'slices') await chat.files.objects.dropSlices(upload.id);
  if (upload.way === 'link') await chat.files.objects.remove([stagingKey(upload.id)]);
  await chat.stores.uploads.remove(upload.id);
}

/** Called before a message is deleted: from now on nobody gets its files. */
export async function doomFiles(chat: Chat, message: Message): Promise<void> {
  const keys = pathsOf(message);
  if (keys.length > 0) await chat.stores.files.doom(keys, new Date(chat.clock.now()));
}

/** Called after a message was deleted; what fails here the collector finishes. */
export async function removeFiles(chat: Chat, message: Message): Promise<void> {
  try {
    await removeObjects(chat, pathsOf(message));
  } catch (error) {
    chat.reporter.problem('removing the files of a deleted message', error);
  }
}

async function removeObjects(chat: Chat, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await chat.files.objects.remove(keys.flatMap(key => [key, thumbnailKey(key)]));
  await chat.stores.files.remove(keys);
}

/** A deletion was begun: the log tells whether it happened. */
async function removeIfGone(chat: Chat, file: FileEntry): Promise<void> {
  const message = await chat.stores.log.bySyncKey(file.roomId, file.userId, file.syncKey);
  if (message && !message.deleted && pathsOf(message).includes(file.key))
    await chat.stores.files.spare(file.key);
  else await removeObjects(chat, [file.key]);
}
