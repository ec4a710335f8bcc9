import { requireManaged } from '../../../domain/access.ts';
import { invalid } from '../../../domain/errors.ts';
import { isId } from '../../../domain/ids.ts';
import { banManaged, bannedPage, unban } from '../../../domain/moderation/ban.ts';
import { addWords, removeWords } from '../../../domain/moderation/banned-words.ts';
import { freezeLink } from '../../../domain/moderation/freeze-link.ts';
import { decideReport } from '../../../domain/moderation/reports.ts';
import type { AuditEntry, Report } from '../../../domain/ports.ts';
import * as catalogue from '../catalogue/moderation.ts';
import type { Bind } from '../handlers.ts';

const LIMIT = 50;
const WORDS = 1_000;
const done = { result: true } as const;

/** Reports, banned words, bans, the audit log, and the freezing of links. */
export function handleModeration(bind: Bind): void {
  handleReviews(bind);
  handleWords(bind);
  handleBans(bind);
  bind(catalogue.freezeLink, async ({ chat, actor }, input) => {
    const count = await freezeLink(chat, actor, input);
    return input.unfreeze ? { frozen: 0, thawed: count } : { frozen: count, thawed: 0 };
  });
}

function handleReviews(bind: Bind): void {
  bind(catalogue.listReports, async ({ chat, actor }, { cursor, limit = LIMIT, ...filter }) => {
    const query = { ...filter, links: actor.links, before: idOf(cursor), limit: limit + 1 };
    return page(await chat.stores.reports.find(query), limit, presentReport);
  });
  bind(catalogue.decideReport, async ({ chat, actor }, input) =>
    presentReport(await decideReport(chat, actor, input)),
  );
  bind(catalogue.listAudit, async ({ chat, actor }, { cursor, limit = LIMIT, from, to, ...filter }) => {
    const query = {
      ...filter,
      ...(from === undefined ? {} : { from: dateOf(from, 'from') }),
      ...(to === undefined ? {} : { to: dateOf(to, 'to') }),
      links: actor.links,
      before: idOf(cursor),
      limit: limit + 1,
    };
    await chat.audit.flush();
    return page(await chat.stores.audit.find(query), limit, presentAct);
  });
}

function handleWords(bind: Bind): void {
  bind(catalogue.addBannedWords, async ({ chat, actor }, input) => ({
    added: await addWords(chat, actor, input),
  }));
  bind(catalogue.removeBannedWords, async ({ chat, actor }, { words }) => ({
    removed: await removeWords(chat, actor, words),
  }));
  bind(catalogue.listBannedWords, async ({ chat }, { cursor, limit = WORDS }) => {
    const found = await chat.stores.words.page(cursor ?? null, limit + 1);
    const list = found.slice(0, limit).map(({ word, mode, at }) => ({ word, mode, createdAt: at }));
    return { list, nextCursor: found.length > limit ? found[limit - 1]!.key : null };
  });
}

function handleBans(bind: Bind): void {
  bind(catalogue.listBans, async ({ chat, actor }, { id, cursor, limit = LIMIT }) => {
    const live = await requireManaged(chat, actor, id);
    const { list, nextCursor } = await bannedPage(chat, live, { cursor: cursor ?? null, count: limit });
    return {
      list: list.map(({ userId, nickName, profileUrl, at, until }) => ({
        _id: userId,
        nickName,
        profileUrl,
        bannedAt: at,
        until,
      })),
      nextCursor,
    };
  });
  bind(catalogue.putBan, async ({ chat, actor }, { id, userId, minutes }) => {
    const live = await requireManaged(chat, actor, id);
    await banManaged(chat, live, userId, minutes ?? null);
    return done;
  });
  bind(catalogue.deleteBan, async ({ chat, actor }, { id, userId }) => {
    await unban(chat, await requireManaged(chat, actor, id), [userId]);
    return done;
  });
}

const idOf = (cursor: string | undefined): string | null => (cursor && isId(cursor) ? cursor : null);

function dateOf(text: string, field: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw invalid(`${field} must be a date`);
  return date;
}

function page<T extends { id: string }, W>(found: readonly T[], limit: number, present: (entry: T) => W) {
  const list = found.slice(0, limit);
  return { list: list.map(present), nextCursor: found.length > limit ? list.at(-1)!.id : null };
}

const presentReport = ({ id, at, ...report }: Report): catalogue.WireReport => ({
  _id: id,
  roomId: report.roomId,
  linkSid: report.linkSid,
  messageId: report.messageId,
  reporterId: report.reporterId,
  authorId: report.authorId,
  type: report.type,
  text: report.text,
  reason: report.reason,
  status: report.status,
  note: report.note,
  createdAt: at,
  decidedAt: report.decidedAt,
});

const presentAct = ({ id, at, actor, act, roomId, targets, details }: AuditEntry): catalogue.WireAct => ({
  _id: id,
  at,
  actor: { kind: actor.kind, id: actor.id },
  act,
  roomId,
  targets,
  details,
});
