import type { Message, MessageType } from '../model.ts';
import { foldText, textsOf } from './text.ts';

/** Messages of a room whose keys belong together: a question names the epochs that it is about. */
export const EPOCH = 2_048;

/** Messages in one segment of the index at most. */
export const SEGMENT = 32;

export const epochOf = (seq: number): number => Math.floor((seq - 1) / EPOCH);

/** No folded text has a control character: what begins with one is no piece of a text. */
const ofAuthor = (authorId: string): string => `\u0001${authorId}`;
const ofType = (type: MessageType): string => `\u0002${type}`;

/** By what a message is found: every piece of one and of two characters of its texts, its author, its type. */
export function gramsOf(message: Message): Set<string> {
  const grams = new Set<string>();
  for (const { text } of textsOf(message)) {
    let before = '';
    for (const character of foldText(text)) {
      grams.add(character);
      if (before !== '') grams.add(before + character);
      before = character;
    }
  }
  if (grams.size === 0) return grams;
  grams.add(ofAuthor(message.author.authorId));
  return grams.add(ofType(message.data.type));
}

/** More pieces than these make a question dearer and hardly more exact: what is found is compared anyway. */
const ASKED = 5;

/** Pieces that every message has which is found by this (folded) keyword and filter. */
export function gramsAsked(
  wanted: string,
  filter: { authorId?: string | null; messageType?: MessageType | null },
): string[] {
  const characters = [...wanted];
  const pairs = [...new Set(characters.slice(1).map((character, i) => characters[i]! + character))];
  const step = Math.max(1, (pairs.length - 1) / (ASKED - 1));
  const some =
    pairs.length <= ASKED ? pairs : pairs.filter((_, i) => Math.floor(i % step) === 0).slice(0, ASKED);
  return [
    ...(characters.length === 1 ? characters : some),
    ...(filter.authorId ? [ofAuthor(filter.authorId)] : []),
    ...(filter.messageType ? [ofType(filter.messageType)] : []),
  ];
}

/**
 * The number under which a piece of an epoch of a room is in the index: 32 bits of a hash. Two pieces may share a
 * number; whatever is found is compared with the message itself.
 */
export function keyOf(roomId: string, epoch: number, gram: string): number {
  let hash = 0x811c9dc5 ^ epoch;
  for (let i = 0; i < roomId.length; i++) hash = Math.imul(hash ^ roomId.charCodeAt(i), 0x01000193);
  hash = mixed(hash);
  for (let i = 0; i < gram.length; i++) hash = Math.imul(hash ^ gram.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

/** Spreads what little texts differ by over all bits. */
function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** The keys of messages of one epoch of a room. */
export function keysOf(roomId: string, epoch: number, messages: readonly Message[]): number[] {
  const keys = new Set<number>();
  for (const message of messages) for (const gram of gramsOf(message)) keys.add(keyOf(roomId, epoch, gram));
  return [...keys];
}
