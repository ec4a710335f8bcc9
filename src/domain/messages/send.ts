import { requireMember, requireSpeaking } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { fingerprint, isId } from '../ids.ts';
import type { Author, Card, Member, Message, MessageData, Quote, UserActor } from '../model.ts';
import { filterContent } from '../moderation/filter.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';
import { freshenQuote } from './changing.ts';
import { cleanCard, cleanMeta, cleanText } from './content.ts';
import { linkedContent, type LinkedFile } from './files.ts';
import { linksOf } from './links.ts';
import { cleanMentions, mentionsOf } from './mentions.ts';
import { quoteOf } from './quote.ts';
import type { Draft } from './sequencer.ts';

export interface SendInput {
  roomId: string;
  /** Unique per author and room; a retry with the same one is the same message. */
  syncKey: string;
  content: { type: 'TEXT'; text: string } | { type: 'CARD'; rawData: Card } | LinkedFile;
  meta?: Record<string, unknown> | null;
  /** Whom the text names; who is no member is left out. */
  mentions?: readonly string[] | null;
  /** The id of the message that this one answers. */
  replyTo?: string | null;
}

/**
 * Sends a message as a member. Resolves once it is durable and has its `seq`.
 * Errors: those of `requireSpeaking`, YOU_ARE_NO_JOINED_ROOM, YOU_HAVE_NO_AUTHORIZATION (a card type that is the
 * platform's), MESSAGE_NO_EXISTS (what is answered), MESSAGE_HAS_BANNED_WORDS, INVALID_PAYLOAD, SYNC_KEY_CONFLICT,
 * RATE_LIMITED (also by slow mode), TEMPORARILY_UNAVAILABLE. Seed 1, SendMessage.
 */
export async function sendMessage(chat: Chat, actor: UserActor, input: SendInput): Promise<Message> {
  const { live, member } = await requireMember(chat, actor, input.roomId);
  const data = cleanContent(chat, input.content);
  if (!mayCarry(chat, data))
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'Cards of this type come from the platform.');
  const meta = cleanMeta(input.meta);
  const replyTo = input.replyTo ?? null;
  const asked = cleanMentions(input.mentions);
  // Of what was sent, not of what the filter leaves of it or who of them is a member: a retry is the same message.
  const syncHash = hashOf({ data, meta, replyTo, mentions: asked });
  const sent = { syncKey: input.syncKey, syncHash, data, meta, replyTo };
  // What is refused counts too: looking for a first one asks the store.
  chat.quotas.send(actor.userId);
  return holding(live, async () => {
    const turn = await turnFor(chat, live, member, sent).catch((error: unknown) => error as Error);
    if (turn instanceof Error) return sentBefore(chat, live, actor, sent, turn);
    const mentions = mentionsOf(live, member.userId, asked);
    const message = await submitTurn(chat, live, member, turn, { ...sent, quote: turn.quote, mentions });
    return replyTo === null ? message : freshenQuote(chat, message);
  });
}

/** Whether members may send this: a card only if it is of one of their types, and no accounts of the engine. */
export const mayCarry = (chat: Chat, { type, content }: MessageData): boolean =>
  type === 'CARD' ? chat.limits.memberCardTypes.includes(content.rawData!.cardType) : type !== 'ADMIN';

/** What a reply answers is looked up before, for its quote; it is freshened once the reply is stored. */
async function turnFor(
  chat: Chat,
  live: LiveRoom,
  member: Member,
  sent: Sent,
): Promise<Turn & { quote: Quote | null }> {
  const quote = sent.replyTo == null ? null : await quoteFor(chat, live, member, sent.replyTo);
  return { ...(await takeTurn(chat, live, member, sent)), quote };
}

/** Errors: MESSAGE_NO_EXISTS. */
async function quoteFor(chat: Chat, live: LiveRoom, member: Member, replyTo: string): Promise<Quote> {
  const quoted = isId(replyTo) ? await chat.stores.log.byId(replyTo) : null;
  if (!quoted || quoted.deleted || quoted.roomId !== live.id || quoted.seq <= live.hiddenUpTo(member))
    throw new ChatError('MESSAGE_NO_EXISTS');
  return quoteOf(quoted);
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

type Sent = Pick<Draft, 'syncKey' | 'data' | 'meta'> &
  Partial<Pick<Draft, 'syncHash' | 'replyTo' | 'quote' | 'mentions' | 'links'>>;

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

/**
 * What has to be the same for a retry to be one. What is absent is no part of it: messages that were stored before it
 * was thought of keep their fingerprint.
 */
export const hashOf = ({
  data,
  meta,
  replyTo,
  mentions = [],
}: Pick<Message, 'data' | 'meta' | 'replyTo'> & { mentions?: readonly string[] }): string => {
  const names = [...(replyTo === null ? [] : [replyTo]), ...(mentions.length > 0 ? [{ mentions }] : [])];
  return fingerprint(JSON.stringify([data, meta, ...names]));
};

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
    links: linksOf(data),
    ...draft,
    syncHash: draft.syncHash ?? hashOf({ data, meta, replyTo }),
  });
}
