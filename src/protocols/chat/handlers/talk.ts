import { deleteMessage, editMessage, listEdits } from '../../../domain/messages/change.ts';
import { addReaction, removeReaction } from '../../../domain/messages/reactions.ts';
import { shareMessage } from '../../../domain/messages/share.ts';
import type { EventTable } from '../../kit/event.ts';
import { presentEdit } from '../../kit/present.ts';
import * as catalogue from '../catalogue.ts';
import { presentSeen } from '../present.ts';

/** Edit, delete, react, share. */
export function handleTalk(events: EventTable): void {
  events.add(catalogue.updateMessage, async (chat, { actor }, { messageId, data: { content } }) => {
    const text = typeof content === 'string' ? content : content.text;
    return { message: await presentSeen(chat, actor, await editMessage(chat, actor, { messageId, text })) };
  });
  events.add(catalogue.deleteMessage, async (chat, { actor }, { messageId }) => ({
    message: await presentSeen(chat, actor, await deleteMessage(chat, actor, messageId)),
  }));
  events.add(catalogue.listEdits, async (chat, { actor }, { messageId }) => ({
    list: (await listEdits(chat, actor, messageId)).map(presentEdit),
  }));
  events.add(catalogue.addReaction, async (chat, { actor }, input) => ({
    reactions: (await presentSeen(chat, actor, await addReaction(chat, actor, input))).reactions,
  }));
  events.add(catalogue.removeReaction, async (chat, { actor }, input) => ({
    reactions: (await presentSeen(chat, actor, await removeReaction(chat, actor, input))).reactions,
  }));
  events.add(catalogue.shareMessage, async (chat, { actor }, input) => ({
    messages: await Promise.all(
      (await shareMessage(chat, actor, input)).map(message => presentSeen(chat, actor, message)),
    ),
  }));
}
