import { requireSpeaking, withMessage } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import type { Message, UserActor } from '../model.ts';
import type { ReactionOutcome } from '../ports.ts';
import type { LiveRoom } from '../rooms/live.ts';
import { tellChanged } from './changing.ts';

/** Different emoji on one message. */
export const MAX_REACTIONS = 20;
/** UTF-16 units: the longest families and flags have fewer. */
const MAX_EMOJI = 32;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const PARTS =
  /^(?:[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u{e0020}-\u{e007f}0-9#*]|\u200d|\ufe0f|\u20e3)+$/u;
const PICTURE = /[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3]/u;
/** A sign that is a text unless it is told to be a picture. */
const PLAIN = /^(?!\p{Emoji_Presentation})\p{Extended_Pictographic}$/u;

/** One emoji, in one spelling. Errors: INVALID_PAYLOAD. */
export function cleanEmoji(given: string): string {
  const isOne = given.length <= MAX_EMOJI && [...graphemes.segment(given)].length === 1;
  if (!isOne || !PARTS.test(given) || !PICTURE.test(given)) throw invalid('emoji must be one emoji');
  return PLAIN.test(given) ? `${given}\ufe0f` : given;
}

export interface ReactionInput {
  messageId: string;
  emoji: string;
}

/**
 * Reacts to a message; the same reaction twice is one.
 * Errors: MESSAGE_NO_EXISTS, ROOM_IS_FREEZED, INVALID_PAYLOAD (no emoji, or one too many different ones), RATE_LIMITED.
 */
export const addReaction = (chat: Chat, actor: UserActor, input: ReactionInput): Promise<Message> =>
  react(chat, actor, input, async (id, step) => {
    const outcome = await chat.stores.changes.addReaction(id, step, MAX_REACTIONS);
    if (outcome === 'full') throw invalid(`a message has ${MAX_REACTIONS} different reactions at most`);
    return outcome;
  });

/** Takes one's reaction back; one that is not there is taken back already. Errors: as those of `addReaction`. */
export const removeReaction = (chat: Chat, actor: UserActor, input: ReactionInput): Promise<Message> =>
  react(chat, actor, input, (id, step) => chat.stores.changes.removeReaction(id, step));

async function react(
  chat: Chat,
  actor: UserActor,
  input: ReactionInput,
  store: (id: string, step: { emoji: string; userId: string; at: Date }) => Promise<ReactionOutcome | null>,
): Promise<Message> {
  const emoji = cleanEmoji(input.emoji);
  return withMessage(chat, actor, input.messageId, async ({ live, member }) => {
    await requireSpeaking(chat, live, member);
    chat.quotas.send(actor.userId);
    const at = new Date(chat.clock.now());
    const outcome = await store(input.messageId, { emoji, userId: actor.userId, at });
    if (!outcome) throw new ChatError('MESSAGE_NO_EXISTS');
    if (outcome.changed || isUntold(live, outcome.message)) await tellChanged(chat, outcome.message);
    return outcome.message;
  });
}

/** Stored by an earlier try that had no answer. */
const isUntold = (live: LiveRoom, message: Message): boolean =>
  message.revision > 0 && !live.changes.knows(message);
