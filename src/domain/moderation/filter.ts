import { ChatError } from '../errors.ts';
import type { Chat } from '../chat.ts';
import type { Card, MessageData, Room } from '../model.ts';
import { masked, type Hit } from './words/matcher.ts';

/** Times that a text is looked through again for what the stars of the last time brought together. */
const ROUNDS = 4;

/** The texts of a message that people read. */
export function textsOf({ content }: MessageData): string[] {
  const { text, rawData, files = [] } = content;
  const card = rawData
    ? [rawData.text, rawData.link?.name, ...(rawData.buttons ?? []).map(b => b.title)]
    : [];
  return [text, ...card, ...files.map(file => file.name)].filter(part => part !== undefined);
}

/**
 * What a member wrote, with banned words masked where the room, or else the word's entry, says so.
 * Errors: MESSAGE_HAS_BANNED_WORDS where it says that they are refused.
 */
export function filterContent(chat: Chat, room: Pick<Room, 'rules'>, data: MessageData): MessageData {
  if (chat.words.matcher.isEmpty || room.rules.wordFilter === 'off') return data;
  const clean = (text: string) => filterText(chat, room, text);
  const { text, rawData, files } = data.content;
  return {
    ...data,
    content: {
      ...data.content,
      ...(text === undefined ? {} : { text: clean(text) }),
      ...(rawData ? { rawData: cleanCardTexts(rawData, clean) } : {}),
      ...(files ? { files: files.map(file => ({ ...file, name: clean(file.name) })) } : {}),
    },
  };
}

function cleanCardTexts(card: Card, clean: (text: string) => string): Card {
  const { text, link, buttons } = card;
  return {
    ...card,
    ...(text === undefined ? {} : { text: clean(text) }),
    ...(link ? { link: { ...link, name: clean(link.name) } } : {}),
    ...(buttons ? { buttons: buttons.map(button => ({ ...button, title: clean(button.title) })) } : {}),
  };
}

/** The same for a text alone (an announcement, an edit). */
export function filterText(chat: Chat, { rules }: Pick<Room, 'rules'>, text: string): string {
  const { wordFilter } = rules;
  const { matcher } = chat.words;
  if (matcher.isEmpty || wordFilter === 'off') return text;
  const hits = matcher.hits(text);
  if (hits.some(({ mode }) => (wordFilter ?? mode) === 'block'))
    throw new ChatError('MESSAGE_HAS_BANNED_WORDS');
  return hits.length === 0 ? text : maskAll(text, hits, rest => matcher.hits(rest));
}

/** Masks until nothing is found: stars are marks between letters, and what was around them may be a word now. */
export function maskAll(text: string, first: readonly Hit[], look: (text: string) => readonly Hit[]): string {
  let result = text;
  let hits = first;
  for (let round = 0; hits.length > 0; round++) {
    // Words nested into each other many times are nobody's text.
    if (round === ROUNDS) return result.replace(/\S/gu, '*');
    result = masked(result, hits);
    hits = look(result);
  }
  return result;
}
