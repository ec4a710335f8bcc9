import type { Message } from '../model.ts';

/** The message as whoever hid it sees it: it keeps its place, nothing of what it said is left. */
export const asHidden = (message: Message): Message => ({
  ...message,
  data: { type: message.data.type, content: {} },
  meta: null,
  replyTo: null,
  quote: null,
  mentions: [],
  links: [],
  reactions: [],
  hidden: true,
});
