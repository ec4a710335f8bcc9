import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { sharedEngine, type Engine } from '../helpers/engine.ts';
import { fiveInARoom, goHome, type Five } from '../helpers/five.ts';
import {
  ELSE,
  GIVEN,
  LOOKS,
  looksTable,
  PROTOCOLS,
  type Fields,
  type Given,
  type Protocol,
} from './looks.ts';

const NAME = 'spring.bin';
const LINK = `https://files.example.com/${NAME}`;
const CARD = { cardType: 'LINK_INVITATION', text: 'come in', link: { sid: 's', name: 'n' } };
const VALUES: Record<Exclude<Given, 'the author' | 'a date'>, string> = {
  'the text': '안녕하세요',
  'the new text': '고친 글',
  "the card's text": CARD.text,
  'the link': LINK,
  'the name': NAME,
  'the name and the link': `${NAME} ${LINK}`,
};
const DATE = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** What each protocol shows of one message. */
type Shown = Record<Protocol, unknown>;

describe('how each kind of message looks', () => {
  let engine: Engine;
  let five: Five;
  beforeEach(async () => {
    engine = await sharedEngine();
    five = await fiveInARoom(engine);
  });
  afterEach(goHome);

  const write = (type: string, content: object, authorId = five.chat.id) =>
    engine.platform.do('POST', `/chat/rooms/${five.room._id}/messages`, {
      author: { authorId },
      data: { type, content },
    });
  const link = (message_type: string, message = NAME) =>
    five.feed.rest.do('POST', `${five.path}/messages`, { message, message_type, file_url: LINK });

  /** How each kind comes into the room: by link through REST v1, else in the name of who is in the chat. */
  const SENDING: Record<string, () => Promise<unknown>> = {
    TEXT: () => write('TEXT', { text: VALUES['the text'] }),
    'PHOTO by link': () => link('image', VALUES['the text']),
    'VIDEO by link': () => link('video'),
    'FILE by link': () => link('file'),
    CARD: () => write('CARD', { rawData: CARD }),
    ADMIN: () => write('ADMIN', { text: VALUES['the text'] }, 'ADMIN'),
    edited: async () => {
      const { _id } = await five.chat.client.send(five.room._id, 'typo');
      const data = { type: 'TEXT', content: { text: VALUES['the new text'] } };
      await engine.platform.do('PATCH', `/chat/messages/${_id}`, { data });
    },
    deleted: async () => {
      const { _id } = await five.chat.client.send(five.room._id, 'a slip');
      await engine.platform.do('DELETE', `/chat/messages/${_id}`);
    },
  };

  /** The message after the first, as it came live. */
  async function told(): Promise<Shown> {
    const { room, chat, platform, feed, chatrooms, nicknames } = five;
    return {
      chat: await chat.client.frame(`listenMessage_${room._id}`),
      platform: (await platform.messages()).at(-1),
      feed: (await feed.stream.frame('message')).data,
      chatrooms: await chatrooms.client.frame('chat'),
      'nickname-rooms': await nicknames.client.frame('message'),
    };
  }

  /** The message after the first, as it is when it is read again; the chat is told at once. */
  async function shownLater(): Promise<Shown> {
    const { room, path, chat, platform, feed, chatrooms, nicknames } = five;
    const isChange = ({ eventType }: { eventType: string }) => eventType !== 'CREATE';
    const changed = await chat.client.frame(`listenMessage_${room._id}`, isChange);
    nicknames.client.forget();
    await nicknames.client.ask('history');
    const said = (line: { type: string }) => line.type !== 'system';
    const history = JSON.parse((await nicknames.client.frame('history')) as string) as { type: string }[];
    return {
      chat: changed,
      platform: (await platform.messages()).at(-1),
      feed: (await feed.rest.do('GET', `${path}/messages`)).at(-1),
      chatrooms: (await chatrooms.client.call('GET', `/message/${room.no}/-1/1`)).body.at(-1),
      'nickname-rooms': history.findLast(said),
    };
  }

  /** Exactly the fields that the table is about. */
  const picked = (message: unknown, protocol: Protocol): Fields =>
    Object.fromEntries(Object.keys(ELSE[protocol]).map(path => [path, at(message, path)]));

  const wanted = (fields: Fields, author: string): Fields =>
    Object.fromEntries(
      Object.entries(fields).map(([path, value]) => {
        if (value === 'the author') return [path, author];
        return [path, value !== 'a date' && isGiven(value) ? VALUES[value as keyof typeof VALUES] : value];
      }),
    );

  for (const { kind, isLate, cells } of LOOKS) {
    it(`${kind}: each protocol shows what the table says`, async () => {
      await SENDING[kind]!();
      const shown = await (isLate ? shownLater() : told());
      const author = kind.endsWith('by link') ? five.feed.id : five.chat.id;
      for (const protocol of PROTOCOLS) {
        const fields = { ...ELSE[protocol], ...cells[protocol] };
        expect(Object.keys(ELSE[protocol]), 'fields of the table').to.include.members(Object.keys(fields));
        expect(picked(shown[protocol], protocol), protocol).to.deep.equal(wanted(fields, author));
      }
    });
  }

  it('an edit or a deletion keeps the place of the message, and is not told to who only hears what is new', async () => {
    const { chat, feed, chatrooms, nicknames } = five;
    for (const kind of ['edited', 'deleted']) await SENDING[kind]!();
    await chat.say('the end');
    for (const seat of [chat, feed, chatrooms, nicknames]) await seat.hear('the end');
    const said = ['typo', 'a slip', 'the end'];
    for (const seat of [feed, chatrooms, nicknames])
      expect(seat.heard().map(({ text }) => text)).to.deep.equal(said);
    expect(chat.heard().map(({ seq }) => seq)).to.deep.equal(feed.heard().map(({ seq }) => seq));
    const after = await engine.platform.messages(five.room._id);
    expect(after.slice(-3).map(({ seq }) => seq)).to.deep.equal(feed.heard().map(({ seq }) => seq));
  });

  it('every kind has a cell in every protocol, and the README shows them all', () => {
    const { heads, rows } = looksTable();
    for (const row of rows) for (const cell of row) expect(cell).not.to.equal('');
    const lines = [heads, heads.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`);
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    expect(readme).to.contain(lines.join('\n'));
    expect(Object.keys(SENDING)).to.deep.equal(LOOKS.map(({ kind }) => kind));
  });
});

const isGiven = (value: unknown): boolean => (GIVEN as readonly unknown[]).includes(value);

function at(message: unknown, path: string): unknown {
  const found = path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], message);
  return typeof found === 'string' && DATE.test(found) ? 'a date' : found;
}
