import type { Card, Message, MessageData, Quote } from '../model.ts';

/** Characters of a text that its quote shows. */
const MAX_QUOTE = 200;

/** What a reply shows of the message it answers. */
export const quoteOf = ({ id, seq, author, data, deleted, revision }: Message): Quote => ({
  id,
  seq,
  author,
  data: short(data),
  deleted,
  revision,
});

function short({ type, content: { text, rawData, files } }: MessageData): MessageData {
  return {
    type,
    content: {
      ...(text === undefined ? {} : { text: cut(text, MAX_QUOTE) }),
      ...(rawData === undefined ? {} : { rawData: shortCard(rawData) }),
      ...(files === undefined ? {} : { files }),
    },
  };
}

const shortCard = ({ cardType, text }: Card): Card => ({
  cardType,
  ...(text === undefined ? {} : { text: cut(text, MAX_QUOTE) }),
});

/** The first characters (code points) of a text. */
export const cut = (text: string, max: number): string =>
  text.length <= max ? text : [...text.slice(0, max * 2)].slice(0, max).join('');

/** A message in one line of text: what an announcement of it says. */
export const summaryOf = ({ content: { text, rawData, files } }: MessageData): string =>
  text ?? rawData?.text ?? files?.map(({ name }) => name).join(', ') ?? '';
