import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import type { ExportJob, Mail } from '../ports.ts';
import { MailRefused } from '../ports.ts';
import { EXPORT_TEXTS } from '../export-texts.ts';
import { KEPT_FOR } from './make.ts';
import { exportPath } from './names.ts';
import { lookFor } from './sight.ts';

/** A larger file is not attached but linked, in bytes. */
export const MAX_ATTACHED = 10_485_760;
/** Pauses before the next tries, in milliseconds; after the last one it is given up. */
export const MAIL_RETRIES = [10_000, 60_000, 600_000, 3_600_000];

/**
 * Mails a finished export that this node has taken. What fails is tried again later; a refusal for good, and the last
 * failure, are told: the export itself stays where it is. A crash after the sending mails it twice, never not at all.
 */
export async function mailExport(chat: Chat, job: ExportJob, node: string): Promise<void> {
  const { exports } = chat.stores;
  try {
    // Who was put out since has no right to it any more.
    if (job.by.kind === 'user') await lookFor(chat, job);
    await chat.exports.mailer!.send(await mailOf(chat, job));
  } catch (error) {
    const pause = MAIL_RETRIES[job.mailAttempts];
    const isAnswer = error instanceof MailRefused || isNoRight(error);
    if (!isAnswer) chat.reporter.problem('mailing an export', error);
    if (!isAnswer && pause !== undefined) {
      const dueAt = new Date(chat.clock.now() + pause);
      await exports.change(job.id, node, { mailAttempts: job.mailAttempts + 1, dueAt, node: null });
      return;
    }
    await end(chat, job, node, 'failed');
    return;
  }
  await end(chat, job, node, 'sent');
}

/** Whoever asked may not have it any more. */
const isNoRight = (error: unknown): boolean =>
  error instanceof ChatError && error.code !== 'TEMPORARILY_UNAVAILABLE';

async function end(chat: Chat, job: ExportJob, node: string, mail: 'sent' | 'failed'): Promise<void> {
  const isIts = await chat.stores.exports.change(job.id, node, {
    mail,
    dueAt: null,
    node: null,
    told: job.by.kind === 'platform',
  });
  if (isIts) chat.exports.tell(job, { error: null, mailed: mail === 'sent' });
}

async function mailOf(chat: Chat, job: ExportJob): Promise<Mail> {
  const { key, name, mimeType, size } = job.file!;
  const body = size < MAX_ATTACHED ? await chat.files.objects.read(key) : null;
  const signature = chat.files.signer.sign(exportPath(job.id), chat.clock.now(), KEPT_FOR / 1_000);
  const url = chat.exports.linkOf(job.id, signature);
  const told = body
    ? EXPORT_TEXTS['mail.attached'](name)
    : url
      ? EXPORT_TEXTS['mail.link'](name, url)
      : EXPORT_TEXTS['mail.inApp'](name);
  return {
    to: job.email!,
    subject: EXPORT_TEXTS['mail.subject'](job.name),
    text: `${told}\n\n${EXPORT_TEXTS['mail.end']()}\n`,
    attachment: body && { name, mimeType, body },
  };
}
