import { requireManaged, requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { isId, newId } from '../ids.ts';
import type { PlatformActor, UserActor } from '../model.ts';
import type { ExportAsker, ExportFormat, ExportJob } from '../ports.ts';
import { EXPORT_TEXTS } from '../export-texts.ts';
import { KEPT_FOR } from './make.ts';
import { exportName } from './names.ts';
import { requireCopying } from './sight.ts';

export interface ExportInput {
  format: ExportFormat;
  /** Mail the file there. */
  email?: string | null;
  /** A ZIP with the files of the messages. */
  withFiles?: boolean | null;
}

/** When to ask again while one is being made, in milliseconds. */
const ASK_AGAIN = 5_000;
/** Exports of a platform key that may wait or run. */
const MAX_WAITING = 20;
const DAY = 86_400_000;

/**
 * Begins the export of what a member sees of a room now. One at a time per user.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, YOU_HAVE_NO_AUTHORIZATION (the room's rules, or an address that is
 * not the caller's own), INVALID_PAYLOAD (no mail here), RATE_LIMITED (one is being made, or too many in a day).
 */
export async function exportRoom(
  chat: Chat,
  actor: UserActor,
  { roomId, ...input }: ExportInput & { roomId: string },
): Promise<ExportJob> {
  const { live } = await requireMember(chat, actor, roomId);
  requireCopying(live.room);
  const email = input.email ? await ownAddress(chat, actor, input.email) : null;
  await chat.sequencer.ensureHead(live);
  // They may have been put out meanwhile.
  const { member } = await requireMember(chat, actor, roomId);
  const job = newJob(
    chat,
    { kind: 'user', id: actor.userId },
    { ...input, email },
    { roomId, name: live.room.name, from: live.hiddenUpTo(member), upTo: live.room.lastSeq },
  );
  const allowance = await takeOne(chat, actor.userId);
  if (!(await chat.stores.exports.add(job, `user ${actor.userId}`))) {
    await allowance?.giveBack();
    throw new ChatError('RATE_LIMITED', 'One of your exports is still being made.', {
      retryAfterMs: ASK_AGAIN,
    });
  }
  chat.exports.wake();
  return job;
}

/**
 * A platform exports a whole room, or everything that is stored about a user in the rooms it may touch.
 * Errors: ROOM_NO_EXISTS, USER_NO_EXISTS, INVALID_PAYLOAD (a user's data is JSON; no mail here), RATE_LIMITED.
 */
export async function exportManaged(
  chat: Chat,
  actor: PlatformActor,
  input: ExportInput & { roomId?: string | null; userId?: string | null },
): Promise<ExportJob> {
  const by: ExportAsker = { kind: 'platform', id: actor.keyId };
  if (input.email) requireMailer(chat);
  const what = input.roomId ? await wholeRoom(chat, actor, input.roomId) : await person(chat, input);
  if ((await chat.stores.exports.unsettled(by)) >= MAX_WAITING)
    throw new ChatError('RATE_LIMITED', 'Many exports of this key are still being made.', {
      retryAfterMs: ASK_AGAIN,
    });
  const job = newJob(chat, by, input, { ...what, links: actor.links });
  await chat.stores.exports.add(job, null);
  chat.exports.wake();
  return job;
}

/** An export for the key that asked for it. Errors: NOT_FOUND. */
export async function findExport(chat: Chat, actor: PlatformActor, id: string): Promise<ExportJob> {
  const job = isId(id) ? await chat.stores.exports.byId(id) : null;
  const isTheirs = job?.by.kind === 'platform' && job.by.id === actor.keyId;
  if (!job || !isTheirs || job.expiresAt.getTime() <= chat.clock.now()) throw new ChatError('NOT_FOUND');
  return job;
}

async function wholeRoom(chat: Chat, actor: PlatformActor, roomId: string) {
  const live = await requireManaged(chat, actor, roomId);
  await chat.sequencer.ensureHead(live);
  return { roomId, name: live.room.name, from: 0, upTo: live.room.lastSeq };
}

async function person(chat: Chat, { userId, format }: Parameters<typeof exportManaged>[2]) {
  if (format !== 'json') throw invalid('format must be json for the data of a user');
  const [user] = await chat.stores.users.byIds([userId!]);
  const memberships = user ? [] : await chat.stores.members.ofUsers([userId!]);
  if (!user && memberships.length === 0) throw new ChatError('USER_NO_EXISTS');
  return { userId: userId!, name: user?.nickName || EXPORT_TEXTS['export.user'](), from: 0, upTo: 0 };
}

function newJob(
  chat: Chat,
  by: ExportAsker,
  { format, email = null, withFiles }: ExportInput,
  what: Pick<ExportJob, 'name' | 'from' | 'upTo'> & Partial<Pick<ExportJob, 'roomId' | 'userId' | 'links'>>,
): ExportJob {
  const now = chat.clock.now();
  const at = new Date(now);
  return {
    id: newId(now),
    by,
    links: null,
    roomId: null,
    userId: null,
    ...what,
    name: exportName(what.name, at, chat.exports.timeZone),
    format,
    withFiles: withFiles ?? false,
    email,
    state: 'waiting',
    progress: 0,
    attempts: 0,
    file: null,
    error: null,
    mail: email === null ? 'none' : 'waiting',
    mailAttempts: 0,
    told: true,
    dueAt: at,
    node: null,
    createdAt: at,
    expiresAt: new Date(now + KEPT_FOR),
  };
}

/** The caller's own address, as their token said; nobody mails a conversation to somebody else. */
async function ownAddress(chat: Chat, actor: UserActor, email: string): Promise<string> {
  requireMailer(chat);
  const [user] = await chat.stores.users.byIds([actor.userId]);
  const own = user?.meta?.email;
  if (typeof own !== 'string' || fold(own) !== fold(email))
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'The email must be the one in your token.');
  return email.trim();
}

const fold = (email: string): string => email.trim().toLowerCase();

function requireMailer(chat: Chat): void {
  if (!chat.exports.mailer) throw invalid('email cannot be used: this server sends no mail');
}

/** One of the exports of a day (UTC). Errors: RATE_LIMITED. */
async function takeOne(chat: Chat, userId: string): Promise<{ giveBack(): Promise<void> } | null> {
  const { perDay } = chat.exports;
  if (perDay === 0) return null;
  const now = chat.clock.now();
  const midnight = (Math.floor(now / DAY) + 1) * DAY;
  const key = `export ${new Date(now).toISOString().slice(0, 10)} ${userId}`;
  if (!(await chat.stores.allowances.take(key, 1, perDay, new Date(midnight + DAY))))
    throw new ChatError('RATE_LIMITED', 'You have exported as often as you may today.', {
      retryAfterMs: midnight - now,
    });
  return { giveBack: () => chat.stores.allowances.giveBack(key, 1) };
}
