import { isFrozen, requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { fingerprint } from '../ids.ts';
import type { Author, Card, Message, MessageData, UserActor } from '../model.ts';
import type { LiveRoom } from '../rooms/live.ts';
import { cleanCard, cleanMeta, cleanText } from './content.ts';
import { linkedContent, type LinkedFile } from './files.ts';
import { linksOf } from './links.ts';
import type { Draft } from './sequencer.ts';

export interface SendInput {
  roomId: string;
  /** Unique per author and room; a retry with the same one is the same message. */
  syncKey: string;
  content: { type: 'TEXT'; text: string } | { type: 'CARD'; rawData: Card } | LinkedFile;
  meta?: Record<string, unknown> | null;
}

/**
 * Sends a message as a member. Resolves once it is durable and has its `seq`.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, ROOM_IS_FREEZED, YOU_HAVE_NO_AUTHORIZATION (a card type that is
 * the platform's), INVALID_PAYLOAD, SYNC_KEY_CONFLICT, RATE_LIMITED, TEMPORARILY_UNAVAILABLE. Seed 1, SendMessage.
 */
export async function sendMessage(chat: Chat, actor: UserActor, input: SendInput): Promise<Message> {
  const { live, member } = await requireMember(chat, actor, input.roomId);
  const data = cleanContent(chat, input.content);
  if (data.type === 'CARD' && !chat.limits.memberCardTypes.includes(data.content.rawData!.cardType)) {
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'Cards of this type come from the platform.');
  }
  const meta = cleanMeta(input.meta);
  if (isFrozen(live.room, chat.clock.now()))
    return sentBefore(chat, live, actor, input.syncKey, hashOf(data, meta));
  chat.quotas.send(actor.userId);
  const author = { authorId: member.userId, nickName: member.nickName, profileUrl: member.profileUrl };
  return submitMessage(chat, live, { author, syncKey: input.syncKey, data, meta, uncountedFor: null });
}

/** A retry is answered as the first one was, also when the room was frozen meanwhile. */
async function sentBefore(
  chat: Chat,
  live: LiveRoom,
  { userId }: UserActor,
  syncKey: string,
  hash: string,
): Promise<Message> {
  const first = await chat.stores.log.bySyncKey(live.id, userId, syncKey);
  if (first?.syncHash === hash) return first;
  throw new ChatError('ROOM_IS_FREEZED');
}

const hashOf = (data: MessageData, meta: Message['meta']): string =>
  fingerprint(JSON.stringify([data, meta]));

/** Checks and normalises what was sent. */
export function cleanContent(
  chat: Chat,
  content: SendInput['content'] | { type: 'ADMIN'; text: string },
): MessageData {
  if (content.type === 'CARD') {
    if (content.rawData.text !== undefined)
      cleanText(content.rawData.text, chat.limits.maxTextLength, 'rawData.text');
    return { type: 'CARD', content: { rawData: cleanCard(content.rawData) } };
  }
  if ('url' in content) return linkedContent(content, chat.limits.maxTextLength);
  return { type: content.type, content: { text: cleanText(content.text, chat.limits.maxTextLength) } };
}

export const MAX_SYNC_KEY = 200;

/** Puts a finished message into the sequencer. */
export function submitMessage(
  chat: Chat,
  live: LiveRoom,
  draft: Pick<Draft, 'author' | 'syncKey' | 'data' | 'meta' | 'uncountedFor'> &
    Partial<Draft> & { author: Author },
): Promise<Message> {
  const { data, meta } = draft;
  if (draft.syncKey.length > MAX_SYNC_KEY)
    throw invalid(`syncKey must not have more than ${MAX_SYNC_KEY} characters`);
  return chat.sequencer.submit(live, {
    act: null,
    replyTo: null,
    mentions: [],
    links: linksOf(data),
    ...draft,
    syncHash: hashOf(data, meta),
  });
}
