import { isFrozen, requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid, type ErrorCode } from '../errors.ts';
import { fingerprint, isId } from '../ids.ts';
import type { Author, Card, Member, Message, MessageData, UserActor } from '../model.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';
import { freshenQuote } from './changing.ts';
import { cleanCard, cleanMeta, cleanText } from './content.ts';
import { linkedContent, type LinkedFile } from './files.ts';
import { requireWriting } from './own.ts';
import { quoteOf } from './quote.ts';
import type { Draft } from './sequencer.ts';

export interface SendInput {
  roomId: string;
  /** Unique per author and room; a retry with the same one is the same message. */
  syncKey: string;
  content: { type: 'TEXT'; text: string } | { type: 'CARD'; rawData: Card } | LinkedFile;
  meta?: Record<string, unknown> | null;
  /** The id of the message that this one answers. */
  replyTo?: string | null;
}

/**
 * Sends a message as a member. Resolves once it is durable and has its `seq`.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, ROOM_IS_FREEZED, YOU_HAVE_NO_AUTHORIZATION (a card type that is
 * the platform's), MESSAGE_NO_EXISTS (what is answered), INVALID_PAYLOAD, SYNC_KEY_CONFLICT, RATE_LIMITED, TEMPORARILY_UNAVAILABLE. Seed 1, SendMessage.
 */
export async function sendMessage(chat: Chat, actor: UserActor, input: SendInput): Promise<Message> {
  const { live, member } = await requireMember(chat, actor, input.roomId);
  const data = cleanContent(chat, input.content);
  if (!mayCarry(chat, data))
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'Cards of this type come from the platform.');
  const meta = cleanMeta(input.meta);
  const replyTo = input.replyTo ?? null;
  const author = { authorId: member.userId, nickName: member.nickName, profileUrl: member.profileUrl };
  const draft = { author, syncKey: input.syncKey, data, meta, replyTo, uncountedFor: null };
  if (isFrozen(live.room, chat.clock.now())) return sentBefore(chat, live, draft, 'ROOM_IS_FREEZED');
  if (replyTo !== null) return holding(live, () => sendReply(chat, live, member, { ...draft, replyTo }));
  chat.quotas.send(actor.userId);
  return submitMessage(chat, live, draft);
}

type MemberDraft = Pick<Message, 'author' | 'syncKey' | 'data' | 'meta' | 'replyTo' | 'uncountedFor'>;

/** What a reply answers is looked up before, for its quote, and once more when the reply is stored. */
async function sendReply(
  chat: Chat,
  live: LiveRoom,
  member: Member,
  draft: MemberDraft & { replyTo: string },
): Promise<Message> {
  const quoted = isId(draft.replyTo) ? await chat.stores.log.byId(draft.replyTo) : null;
  // The member may have left, and the room been frozen, meanwhile.
  await requireWriting(chat, live, member);
  if (!quoted || quoted.deleted || quoted.roomId !== live.id || quoted.seq <= live.hiddenUpTo(member))
    return sentBefore(chat, live, draft, 'MESSAGE_NO_EXISTS');
  chat.quotas.send(member.userId);
  const message = await submitMessage(chat, live, { ...draft, quote: quoteOf(quoted) });
  return freshenQuote(chat, message);
}

/** Whether members may send this: a card only if it is of one of their types, and no accounts of the engine. */
export const mayCarry = (chat: Chat, { type, content }: MessageData): boolean =>
  type === 'CARD' ? chat.limits.memberCardTypes.includes(content.rawData!.cardType) : type !== 'ADMIN';

/** A retry is answered as the first one was, also when it would be refused by now. */
async function sentBefore(
  chat: Chat,
  live: LiveRoom,
  draft: MemberDraft,
  refusal: ErrorCode,
): Promise<Message> {
  const first = await chat.stores.log.bySyncKey(live.id, draft.author.authorId, draft.syncKey);
  if (first?.syncHash === hashOf(draft)) return first;
  throw new ChatError(refusal);
}

/** What has to be the same for a retry to be one. */
const hashOf = ({ data, meta, replyTo }: Pick<Message, 'data' | 'meta' | 'replyTo'>): string =>
  fingerprint(JSON.stringify([data, meta, ...(replyTo === null ? [] : [replyTo])]));

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
  const { data, meta, replyTo = null } = draft;
  if (draft.syncKey.length > MAX_SYNC_KEY)
    throw invalid(`syncKey must not have more than ${MAX_SYNC_KEY} characters`);
  return chat.sequencer.submit(live, {
    act: null,
    replyTo,
    mentions: [],
    links: [],
    ...draft,
    syncHash: draft.syncHash ?? hashOf({ data, meta, replyTo }),
  });
}
