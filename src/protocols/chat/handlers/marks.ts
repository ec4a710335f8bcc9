import { hideMessage } from '../../../domain/messages/hide.ts';
import type { Member } from '../../../domain/model.ts';
import { listReaders } from '../../../domain/reads/list-readers.ts';
import { markAsUnread } from '../../../domain/reads/unread-mark.ts';
import type { EventTable } from '../../kit/event.ts';
import { presentPerson, presentRead } from '../../kit/present.ts';
import * as catalogue from '../catalogue/marks.ts';

export function handleMarks(events: EventTable): void {
  events.add(catalogue.hideMessage, async (chat, { actor, connectionId }, { messageId }) => {
    const message = await hideMessage(chat, actor, messageId, connectionId);
    return { message: presentRead(chat.registry.peek(message.roomId), message) };
  });
  events.add(catalogue.markAsUnread, async (chat, { actor, connectionId }, input) => ({
    unReadMsgCount: await markAsUnread(chat, actor, { ...input, connectionId }),
  }));
  events.add(catalogue.listReaders, async (chat, { actor }, { messageId }) => {
    const { read, unread, ...counts } = await listReaders(chat, actor, messageId);
    return { read: read.map(presentReader), unread: unread.map(presentReader), ...counts };
  });
}

const presentReader = ({ userId, nickName, profileUrl }: Member) =>
  presentPerson({ id: userId, nickName, profileUrl });
