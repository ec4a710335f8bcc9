import { isDeepStrictEqual } from 'node:util';
import type { Chat } from '../chat.ts';
import { cut, summaryOf } from '../messages/quote.ts';
import type { Announcement, Message } from '../model.ts';

/** Characters (code points) of an announcement. */
export const MAX_ANNOUNCEMENT = 2_000;
/** How often the newest announcement is looked at again because somebody else changes it too. */
const ATTEMPTS = 10;

/** What the announcement of a message says. */
export const announcedText = (message: Message): string => cut(summaryOf(message.data), MAX_ANNOUNCEMENT);

/**
 * Shows the newest announcement on the room, and tells it. What is shown is looked at once more after it was stored:
 * of several who change announcements at the same moment the last one to store sees what all have done.
 */
export async function settleLast(chat: Chat, roomId: string): Promise<Announcement | null> {
  const at = new Date(chat.clock.now());
  let last = await newest(chat, roomId);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await chat.stores.rooms.settings(roomId, { lastAnnouncement: last }, at);
    const now = await newest(chat, roomId);
    const isSettled = isDeepStrictEqual(now, last);
    last = now;
    if (isSettled) break;
  }
  chat.bus.publish({ type: 'room.changed', roomId, settings: { lastAnnouncement: last }, at });
  return last;
}

const newest = async (chat: Chat, roomId: string): Promise<Announcement | null> =>
  (await chat.stores.announcements.newest(roomId, 1))[0] ?? null;

/** The announcements of a message that was edited or deleted follow it. */
export async function followMessage(chat: Chat, message: Message): Promise<void> {
  const { announcements } = chat.stores;
  const count = message.deleted
    ? await announcements.removeOf(message.id)
    : await announcements.setContent(message.id, announcedText(message));
  if (count > 0) await settleLast(chat, message.roomId);
}
