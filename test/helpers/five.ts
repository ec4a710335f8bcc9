import { expect } from 'chai';
import { FRAMES } from '../../src/protocols/nickname-rooms/catalogue.ts';
import { ChatroomsUser, endClients } from './chatrooms.ts';
import type { Message, Room } from './client.ts';
import type { Engine } from './engine.ts';
import { endStreams, FeedClient, Rest } from './feed.ts';
import { someone } from './people.ts';
import { closeWires, WireClient } from './wire.ts';

/** Somebody's way into the room, whichever protocol they speak. */
export interface Seat {
  id: string;
  say(text: string): Promise<unknown>;
  /** Resolves when a message with this text has come. */
  hear(text: string): Promise<unknown>;
  /** The texts that came so far, in their order; with the `seq` where the protocol tells it. */
  heard(): { text: string; seq?: number }[];
}

export interface Five {
  engine: Engine;
  room: Room;
  /** `/api/v1/chat/rooms/<no>` without its prefix. */
  path: string;
  chat: Awaited<ReturnType<typeof chatSeat>>;
  feed: Awaited<ReturnType<typeof feedSeat>>;
  chatrooms: Awaited<ReturnType<typeof chatroomsSeat>>;
  nicknames: Awaited<ReturnType<typeof nicknamesSeat>>;
  platform: ReturnType<typeof platformSeat>;
  seats: Seat[];
}

/** One person per protocol in one room; the one of the chat is its master, and nobody speaks for the platform. */
export async function fiveInARoom(engine: Engine, more: Record<string, unknown> = {}): Promise<Five> {
  const [ann, fay, cho, nic, pat] = [
    someone('ann'),
    someone('fay'),
    someone('cho'),
    someone('nic'),
    someone('pat'),
  ];
  const room = await engine.platform.room([ann, fay, cho, nic, pat], {
    rules: { canInviteMemebrs: true },
    ...more,
  });
  const path = `/rooms/${room.no}`;
  const [chat, feed, chatrooms, nicknames] = [
    await chatSeat(engine, ann, room),
    await feedSeat(engine, fay, room),
    await chatroomsSeat(engine, cho, room),
    await nicknamesSeat(engine, nic, room),
  ];
  const platform = platformSeat(engine, pat, room);
  return {
    engine,
    room,
    path,
    chat,
    feed,
    chatrooms,
    nicknames,
    platform,
    seats: [chat, feed, chatrooms, nicknames, platform],
  };
}

export async function chatSeat(engine: Engine, id: string, room: Room) {
  const client = await engine.connect(id, 'Chat');
  await client.do('joinRoom', room._id);
  const name = `listenMessage_${room._id}`;
  return {
    id,
    client,
    say: (text: string) => client.send(room._id, text),
    hear: (text: string) => client.frame<Message>(name, ({ data }) => data.content.text === text),
    heard: () =>
      client
        .of<Message & { eventType: string }>(name)
        .filter(({ eventType }) => eventType === 'CREATE')
        .map(({ seq, data }) => ({ seq, text: data.content.text ?? '' })),
  };
}

export async function feedSeat(engine: Engine, id: string, room: Room) {
  const stream = await FeedClient.open(engine, room, engine.token(id));
  const rest = Rest.of(engine, id);
  return {
    id,
    stream,
    rest,
    say: (text: string) => rest.do('POST', `/rooms/${room.no}/messages`, { message: text }),
    hear: (text: string) => stream.frame('message', ({ data }) => data.message === text),
    heard: () =>
      stream
        .of<{ id: number; message: string }>('message')
        .map(({ id: seq, message }) => ({ seq, text: message })),
  };
}

export async function chatroomsSeat(engine: Engine, id: string, room: Room) {
  const client = await ChatroomsUser.connect(engine, id);
  return {
    id,
    client,
    say: (text: string) => client.chat({ at: room.no, content: text }),
    hear: (text: string) => client.frame('chat', ({ content }) => content === text),
    heard: () =>
      (client.of('chat') as { seq: number; content: string }[]).map(({ seq, content }) => ({
        seq,
        text: content,
      })),
  };
}

export async function nicknamesSeat(engine: Engine, id: string, room: Room) {
  const client = await WireClient.connect(engine.url, FRAMES, { token: engine.token(id), nickname: 'Nicky' });
  await client.ask('joinRoom', { room: String(room.no) });
  await client.frame('roomUsers');
  await client.frame('message', ({ type }) => type === 'system');
  client.forget();
  return {
    id,
    client,
    say: (text: string) => client.ask('chatMessage', JSON.stringify({ type: 'text', text })),
    hear: (text: string) => client.frame('message', line => line.text === text),
    heard: () => (client.of('message') as { text: string }[]).map(({ text }) => ({ text })),
  };
}

/** A partner has no stream: what came is what it reads. */
function platformSeat(engine: Engine, id: string, room: Room) {
  let read: Message[] = [];
  const messages = async () => (read = await engine.platform.messages(room._id));
  return {
    id,
    messages,
    say: (text: string) => engine.platform.write(room._id, text, id),
    hear: async (text: string) => {
      const found = (await messages()).find(({ data }) => data.content.text === text);
      if (!found) throw new Error(`the platform does not show ${text}`);
      return found;
    },
    heard: () => read.map(({ seq, data }) => ({ seq, text: data.content.text ?? '' })),
  };
}

/** After each test: everybody goes, and every frame was one of the catalogues. */
export function goHome(): void {
  closeWires();
  expect([...endStreams(), ...endClients()]).to.deep.equal([]);
}

/** The code of a REST refusal of the feed, null when it is done. */
export async function feedError(
  { feed }: Five,
  method: string,
  path: string,
  body?: unknown,
): Promise<string | null> {
  const { body: answer } = await feed.rest.call(method, path, body);
  return (answer as { error?: string }).error ?? null;
}
