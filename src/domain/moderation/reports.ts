import { mayManage, requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { isId, newId } from '../ids.ts';
import { ADMIN_ID, type Message, type PlatformActor, type UserActor } from '../model.ts';
import { cleanText } from '../messages/content.ts';
import type { Report, ReportStatus } from '../ports.ts';
import { textsOf } from './filter.ts';

/** Characters. */
export const MAX_REASON = 1_000;

/**
 * A member reports a message that they can see to the platform; it is kept as it is now, whatever becomes of it.
 * Reporting it again changes nothing. Errors: MESSAGE_NO_EXISTS (unknown, not to be seen, deleted),
 * YOU_HAVE_NO_AUTHORIZATION (their own, or one of ADMIN), INVALID_PAYLOAD, RATE_LIMITED.
 */
export async function reportMessage(
  chat: Chat,
  actor: UserActor,
  input: { messageId: string; reason: string },
): Promise<void> {
  const reason = cleanText(input.reason, MAX_REASON, 'reason').trim();
  const message = isId(input.messageId) ? await chat.stores.log.byId(input.messageId) : null;
  if (!message) throw new ChatError('MESSAGE_NO_EXISTS');
  const { live, member } = await requireMember(chat, actor, message.roomId).catch((error: unknown) => {
    throw error instanceof ChatError ? new ChatError('MESSAGE_NO_EXISTS') : error;
  });
  if (message.deleted || message.seq <= live.hiddenUpTo(member)) throw new ChatError('MESSAGE_NO_EXISTS');
  const { authorId } = message.author;
  if (authorId === actor.userId || authorId === ADMIN_ID)
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'Only messages of other people can be reported.');
  chat.quotas.send(actor.userId);
  const at = new Date(chat.clock.now());
  const report: Report = {
    id: newId(at.getTime()),
    roomId: live.id,
    linkSid: live.room.link?.sid ?? null,
    messageId: message.id,
    reporterId: actor.userId,
    authorId,
    type: message.data.type,
    text: snapshotOf(message),
    reason,
    status: 'open',
    note: null,
    at,
    decidedAt: null,
  };
  if (await chat.stores.reports.add(report)) chat.events.emit('message.reported', { live, report });
}

const snapshotOf = ({ data }: Message): string =>
  [...textsOf(data), ...(data.content.files ?? []).map(file => file.path)].join('\n');

/** Decides about a report of a link that the key may touch. Errors: NOT_FOUND. */
export async function decideReport(
  chat: Chat,
  actor: PlatformActor,
  input: { id: string; status: Exclude<ReportStatus, 'open'>; note?: string | null },
): Promise<Report> {
  const report = await chat.stores.reports.byId(input.id);
  if (!report || !mayManage(actor, { link: linkOf(report) })) throw new ChatError('NOT_FOUND');
  const note = input.note?.toWellFormed() ?? null;
  if (note !== null && note.length > MAX_REASON)
    throw invalid(`note must not have more than ${MAX_REASON} characters`);
  const decision = { status: input.status, note, at: new Date(chat.clock.now()) };
  await chat.stores.reports.decide(report.id, decision);
  chat.audit.note(actor, 'report.decide', {
    room: { id: report.roomId, link: linkOf(report) },
    targets: [report.authorId],
    details: { reportId: report.id, messageId: report.messageId, status: input.status },
  });
  return { ...report, status: decision.status, note, decidedAt: decision.at };
}

const linkOf = ({ linkSid }: Report) => (linkSid === null ? null : { sid: linkSid, name: '' });
