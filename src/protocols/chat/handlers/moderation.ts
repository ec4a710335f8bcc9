import { banUsers, listBannedUsers, unbanUsers } from '../../../domain/moderation/ban.ts';
import { blockUser, listBlockedUsers, unblockUser } from '../../../domain/moderation/blocks.ts';
import { muteUsers, unmuteUsers } from '../../../domain/moderation/mute.ts';
import { reportMessage } from '../../../domain/moderation/reports.ts';
import type { EventTable } from '../../kit/event.ts';
import { presentPerson } from '../../kit/present.ts';
import * as catalogue from '../catalogue/moderation.ts';

const done = { result: true } as const;
const BANNED = 500;

/** Who may write, who may come in, who hears of whom, and what is reported. */
export function handleModeration(events: EventTable): void {
  events.add(catalogue.muteUsers, async (chat, { actor }, input) => {
    await muteUsers(chat, actor, input);
    return done;
  });
  events.add(catalogue.unmuteUsers, async (chat, { actor }, input) => {
    await unmuteUsers(chat, actor, input);
    return done;
  });
  events.add(catalogue.banUsers, async (chat, { actor }, input) => {
    await banUsers(chat, actor, input);
    return done;
  });
  events.add(catalogue.unbanUsers, async (chat, { actor }, input) => {
    await unbanUsers(chat, actor, input);
    return done;
  });
  events.add(catalogue.listBannedUsers, async (chat, { actor }, { count, ...input }) => {
    const page = { ...input, count: Math.min(count ?? BANNED, BANNED) };
    const { list, nextCursor } = await listBannedUsers(chat, actor, page);
    return {
      list: list.map(({ userId, nickName, profileUrl, at, until }) => ({
        _id: userId,
        nickName,
        profileUrl,
        bannedAt: at,
        ...(until ? { until } : {}),
      })),
      nextCursor,
    };
  });
  events.add(catalogue.blockUser, async (chat, { actor }, { userId }) => {
    await blockUser(chat, actor, userId);
    return done;
  });
  events.add(catalogue.unblockUser, async (chat, { actor }, { userId }) => {
    await unblockUser(chat, actor, userId);
    return done;
  });
  events.add(catalogue.listBlockedUsers, async (chat, { actor }) => ({
    list: (await listBlockedUsers(chat, actor)).map(presentPerson),
  }));
  events.add(catalogue.reportMessage, async (chat, { actor }, input) => {
    await reportMessage(chat, actor, input);
    return done;
  });
}
