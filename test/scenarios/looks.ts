/**
 * How each kind of message looks in each protocol. `looks.test.ts` sends every kind and compares; the README's table
 * is printed from here.
 */

export const PROTOCOLS = ['chat', 'platform', 'feed', 'chatrooms', 'nickname-rooms'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Values that are another each time. */
export const GIVEN = [
  'the author',
  'the text',
  'the new text',
  "the card's text",
  'the link',
  'the name',
  'the name and the link',
  'a date',
] as const;
export type Given = (typeof GIVEN)[number];
const isGiven = (value: unknown): value is Given => (GIVEN as readonly unknown[]).includes(value);

/** Path of a field -> what it holds. */
export type Fields = Readonly<Record<string, unknown>>;

/** What these fields hold where a cell does not name them; together they are all that tells one kind from another. */
export const ELSE: Readonly<Record<Protocol, Fields>> = {
  chat: {
    eventType: 'CREATE',
    'author.authorId': 'the author',
    'data.type': undefined,
    'data.content.text': undefined,
    'data.content.rawData.text': undefined,
    'data.content.files.0.name': undefined,
    'data.content.files.0.url': undefined,
    'status.deleted': false,
    editedAt: null,
  },
  platform: {
    'author.authorId': 'the author',
    'data.type': undefined,
    'data.content.text': undefined,
    'data.content.rawData.text': undefined,
    'data.content.files.0.name': undefined,
    'data.content.files.0.url': undefined,
    'status.deleted': false,
    editedAt: null,
  },
  feed: { user_id: 'the author', message_type: undefined, message: undefined, file_url: null },
  chatrooms: { user: 'the author', type: undefined, content: undefined },
  'nickname-rooms': { id: 'the author', type: undefined, text: undefined, imageUrl: undefined },
};

export interface Look {
  kind: string;
  /** Feed, chatrooms and nickname-rooms are not told of it at once: it shows when they read again. */
  isLate?: true;
  cells: Readonly<Record<Protocol, Fields>>;
}

const stored = (type: string, content: Fields): Pick<Look['cells'], 'chat' | 'platform'> => {
  const fields = {
    'data.type': type,
    ...Object.fromEntries(Object.entries(content).map(([path, value]) => [`data.content.${path}`, value])),
  };
  return { chat: fields, platform: fields };
};

const byLink = (type: string, message_type: string): Look['cells'] => ({
  ...stored(type, { 'files.0.name': 'the name', 'files.0.url': 'the link' }),
  feed: { message_type, message: 'the name', file_url: 'the link' },
  chatrooms: { type, content: 'the link' },
  'nickname-rooms': { type: 'text', text: 'the name and the link' },
});

const ofAdmin = stored('ADMIN', { text: 'the text' }).chat;

export const LOOKS: readonly Look[] = [
  {
    kind: 'TEXT',
    cells: {
      ...stored('TEXT', { text: 'the text' }),
      feed: { message_type: 'text', message: 'the text' },
      chatrooms: { content: 'the text' },
      'nickname-rooms': { type: 'text', text: 'the text' },
    },
  },
  {
    kind: 'PHOTO by link',
    cells: {
      ...stored('PHOTO', { text: 'the text', 'files.0.name': 'the name', 'files.0.url': 'the link' }),
      feed: { message_type: 'image', message: 'the text', file_url: 'the link' },
      chatrooms: { type: 'PHOTO', content: 'the link' },
      'nickname-rooms': { type: 'image', text: 'the text', imageUrl: 'the link' },
    },
  },
  { kind: 'VIDEO by link', cells: byLink('VIDEO', 'video') },
  { kind: 'FILE by link', cells: byLink('FILE', 'file') },
  {
    kind: 'CARD',
    cells: {
      ...stored('CARD', { 'rawData.text': "the card's text" }),
      feed: { message_type: 'text', message: "the card's text" },
      chatrooms: { type: 'CARD', content: "the card's text" },
      'nickname-rooms': { type: 'text', text: "the card's text" },
    },
  },
  {
    kind: 'ADMIN',
    cells: {
      chat: { ...ofAdmin, 'author.authorId': 'ADMIN' },
      platform: { ...ofAdmin, 'author.authorId': 'ADMIN' },
      feed: { message_type: 'system', message: 'the text', user_id: 0 },
      chatrooms: { type: 'ADMIN', content: 'the text', user: 'ADMIN' },
      'nickname-rooms': { type: 'system', text: 'the text', id: undefined },
    },
  },
  {
    kind: 'edited',
    isLate: true,
    cells: {
      chat: { eventType: 'UPDATE', ...stored('TEXT', { text: 'the new text' }).chat, editedAt: 'a date' },
      platform: { ...stored('TEXT', { text: 'the new text' }).platform, editedAt: 'a date' },
      feed: { message_type: 'text', message: 'the new text' },
      chatrooms: { type: 'TEXT', content: 'the new text' },
      'nickname-rooms': { type: 'text', text: 'the new text' },
    },
  },
  {
    kind: 'deleted',
    isLate: true,
    cells: {
      chat: { eventType: 'DELETE', ...stored('TEXT', { text: undefined }).chat, 'status.deleted': true },
      platform: { ...stored('TEXT', { text: undefined }).platform, 'status.deleted': true },
      feed: { message_type: 'text', message: '' },
      chatrooms: { type: 'TEXT', content: '' },
      'nickname-rooms': { type: 'text', text: '' },
    },
  },
];

/** `data.content.files.0.url` -> `files[0].url`: as short as people say it. */
const nameOf = (path: string): string =>
  path
    .replace(/^data\.content\./, '')
    .replace(/^(data|status|author)\./, '')
    .replace(/\.(\d+)/g, '[$1]');

function fieldOf([path, value]: [string, unknown]): string {
  const name = nameOf(path);
  if (value === undefined) return `no \`${name}\``;
  return isGiven(value) ? `\`${name}\` ${value}` : `\`${name}: ${JSON.stringify(value)}\``;
}

const isLive = (protocol: Protocol): boolean => protocol === 'chat' || protocol === 'platform';

export const cellOf = ({ cells, isLate }: Look, protocol: Protocol): string =>
  Object.entries(cells[protocol]).map(fieldOf).join(', ') +
  (isLate && !isLive(protocol) ? ' (when read again)' : '');

/** Heads and rows of the README's table. */
export const looksTable = (): { heads: string[]; rows: string[][] } => ({
  heads: ['kind', ...PROTOCOLS],
  rows: LOOKS.map(look => [look.kind, ...PROTOCOLS.map(protocol => cellOf(look, protocol))]),
});
