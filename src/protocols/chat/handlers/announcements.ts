import {
  addAnnouncement,
  listAnnouncements,
  removeAnnouncement,
} from '../../../domain/announcements/announcements.ts';
import type { EventTable } from '../../kit/event.ts';
import { presentAnnouncement } from '../../kit/present.ts';
import * as catalogue from '../catalogue.ts';

/** What is pinned to the top of a room. */
export function handleAnnouncements(events: EventTable): void {
  events.add(catalogue.addAnnouncement, async (chat, { actor }, { roomId, content, messageId }) => {
    const about = messageId === undefined ? { content: content! } : { messageId };
    return { announcement: presentAnnouncement(await addAnnouncement(chat, actor, { roomId, ...about })) };
  });
  events.add(catalogue.removeAnnouncement, async (chat, { actor }, input) => {
    await removeAnnouncement(chat, actor, input);
    return { result: true };
  });
  events.add(catalogue.listAnnouncements, async (chat, { actor }, { roomId }) => ({
    list: (await listAnnouncements(chat, actor, roomId)).map(presentAnnouncement),
  }));
}
