import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import type { Signature } from '../files/signing.ts';
import { isId } from '../ids.ts';
import type { Actor } from '../model.ts';
import type { ExportFile, ExportJob } from '../ports.ts';
import { exportPath } from './names.ts';
import { lookFor } from './sight.ts';

/** The file of an export for whoever asked for it. Errors: NOT_FOUND (also not done yet, over, or not theirs). */
export async function exportFor(chat: Chat, actor: Actor, id: string): Promise<ExportFile> {
  const job = await find(chat, id);
  const asker = actor.kind === 'user' ? actor.userId : actor.keyId;
  if (job.by.kind !== actor.kind || job.by.id !== asker) throw new ChatError('NOT_FOUND');
  return opened(chat, job);
}

/** The same for whoever has a link that was signed for the asker. Errors: NOT_FOUND. */
export async function exportSigned(chat: Chat, id: string, signature: Signature): Promise<ExportFile> {
  if (!chat.files.signer.isValid(exportPath(id), signature, chat.clock.now()))
    throw new ChatError('NOT_FOUND');
  return opened(chat, await find(chat, id));
}

/** A signature for the file of an export, for an hour. */
export const signExport = (chat: Chat, id: string): Signature =>
  chat.files.signer.sign(exportPath(id), chat.clock.now());

async function find(chat: Chat, id: string): Promise<ExportJob> {
  const job = isId(id) ? await chat.stores.exports.byId(id) : null;
  if (!job || job.expiresAt.getTime() <= chat.clock.now()) throw new ChatError('NOT_FOUND');
  return job;
}

/** Who is out of the room, or sees less of it by now, does not get what they asked for while they were in. */
async function opened(chat: Chat, job: ExportJob): Promise<ExportFile> {
  if (!job.file) throw new ChatError('NOT_FOUND');
  if (job.by.kind === 'user')
    await lookFor(chat, job).catch((error: unknown) => {
      throw error instanceof ChatError ? new ChatError('NOT_FOUND') : error;
    });
  return job.file;
}
