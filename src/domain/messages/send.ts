import { requireMember, requireSpeaking } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { fingerprint } from '../ids.ts';
import type { Author, Card, Member, Message, MessageData, UserActor } from '../model.ts';
import { filterContent } from '../moderation/filter.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';
import { cleanCard, cleanMeta, cleanText } from './content.ts';
import { linkedContent, type LinkedFile } from './files.ts';
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
 * Errors: those of `requireSpeaking`, YOU_ARE_NO_JOINED_ROOM, YOU_HAVE_NO_AUTHORIZATION (a card type that is the
 * platform's), MESSAGE_HAS_BANNED_WORDS, INVALID_PAYLOAD, SYNC_KEY_CONFLICT, RATE_LIMITED (also by slow mode),
 * TEMPORARILY_UNAVAILABLE. Seed 1, SendMessage.
 */
export async function sendMessage(chat: Chat, actor: UserActor, input: SendInput): Promise<Message> {
  const { live, member } = await requireMember(chat, actor, input.roomId);
  const data = cleanContent(chat, input.content);
  if (data.type === 'CARD' && !chat.limits.memberCardTypes.includes(data.content.rawData!.cardType)) {
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'Cards of this type come from the platform.');
  }
  const meta = cleanMeta(input.meta);
  // Of what was sent, not of what the filter leaves of it: a retry is the same message.
  const sent = { syncKey: input.syncKey, syncHash: hashOf(data, meta), data, meta };
  // What is refused counts too: looking for a first one asks the store.
  chat.quotas.send(actor.userId);
  return holding(live, async () => {
    const turn = await takeTurn(chat, live, member, sent).catch((error: unknown) => error as Error);
    if (turn instanceof Error) return sentBefore(chat, live, actor, sent, turn);
    return submitTurn(chat, live, member, turn, sent);
  });
}

/** Stores what a member was let say. Errors: those of the sequencer. */
export async function submitTurn(
  chat: Chat,
  live: LiveRoom,
  { userId, nickName, profileUrl }: Member,
  { data, giveBack }: Turn,
  sent: Sent,
): Promise<Message> {
  const author = { authorId: userId, nickName, profileUrl };
  try {
    return await submitMessage(chat, live, { ...sent, data, author, uncountedFor: null });
  } catch (error) {
    if (!(error instanceof ChatError) || error.code !== 'TEMPORARILY_UNAVAILABLE') giveBack();
    throw error;
  }
}

type Sent = Pick<Draft, 'syncKey' | 'data' | 'meta'> & { syncHash?: string };

/** What a member may store now, and how to let them have the turn again when it is not stored. */
export interface Turn {
  data: MessageData;
  giveBack: () => void;
}

/**
 * All that can keep a member from sending, but for the rate. Errors: those of `requireSpeaking`,
 * MESSAGE_HAS_BANNED_WORDS, RATE_LIMITED (slow mode).
 */
export async function takeTurn(
  chat: Chat,
  live: LiveRoom,
  member: Member,
  { data, syncKey }: Pick<Sent, 'data' | 'syncKey'>,
): Promise<Turn> {
  await chat.slowMode.learn(live);
  await requireSpeaking(chat, live, member);
  const filtered = filterContent(chat, live.room, data);
  return { data: filtered, giveBack: chat.slowMode.take(live, member, syncKey) };
}

/** A retry is answered as the first one was, whatever keeps the member from sending by now. */
async function sentBefore(
  chat: Chat,
  live: LiveRoom,
  { userId }: UserActor,
  { syncKey, syncHash }: Sent,
  refusal: Error,
): Promise<Message> {
  const first = refusal instanceof ChatError && (await chat.stores.log.bySyncKey(live.id, userId, syncKey));
  if (first && first.syncHash === syncHash) return first;
  throw refusal;
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
    links: [],
    ...draft,
    syncHash: draft.syncHash ?? hashOf(data, meta),
  });
}
