import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { makeToken } from '../../src/protocols/kit/dev.ts';
import { newKey, type Message } from '../helpers/client.ts';
import { databaseUri } from '../helpers/database.ts';
import { API_KEY, SECRET } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';
import { Platform } from '../helpers/platform.ts';
import { freePort, startServer } from '../helpers/processes.ts';

interface Sent {
  text: string;
  /** When it was sent, and what came back: the message's id, a refusal, or nothing. */
  at: number;
  answer: Promise<string | null>;
}

/** A stock client that sends without a pause, `inFlight` messages at a time. */
class Talker {
  readonly sent: Sent[] = [];
  readonly reasons: string[] = [];
  readonly socket: Socket;
  #talking = true;
  readonly #roomId: string;

  constructor(url: string, userId: string, roomId: string) {
    this.#roomId = roomId;
    const auth = { token: makeToken(SECRET, { id: userId }) };
    this.socket = io(`${url}/chat`, {
      transports: ['websocket'],
      forceNew: true,
      auth,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
    });
    this.socket.on('disconnect', reason => this.reasons.push(reason));
  }

  connected(): Promise<void> {
    return new Promise(resolve =>
      this.socket.connected ? resolve() : this.socket.once('connect', () => resolve()),
    );
  }

  talk(inFlight: number): void {
    for (let i = 0; i < inFlight; i++) this.#next();
  }

  stop(): void {
    this.#talking = false;
  }

  #next(): void {
    if (!this.#talking || !this.socket.connected) return;
    const text = newKey();
    const payload = { syncKey: text, roomId: this.#roomId, data: { type: 'TEXT', content: text } };
    const answer = new Promise<string | null>(resolve => {
      const lost = () => resolve(null);
      this.socket.once('disconnect', lost);
      this.socket.emit('sendMessage', payload, (ack: any) => {
        this.socket.off('disconnect', lost);
        resolve(ack.success ? ack.data.message._id : ack.error);
        this.#next();
      });
    });
    this.sent.push({ text, at: Date.now(), answer });
  }
}

/** Every message of a room, oldest first. */
async function allMessages(platform: Platform, roomId: string): Promise<Message[]> {
  const found: Message[] = [];
  for (let before = ''; ; before = `&before=${found.at(-1)!.seq}`) {
    const path = `/chat/rooms/${roomId}/messages?limit=500${before}`;
    const { list, hasMore } = await platform.do<{ list: Message[]; hasMore: boolean }>('GET', path);
    found.push(...list);
    if (!hasMore) return found.reverse();
  }
}

describe('SIGTERM', function () {
  this.timeout(40_000);
  const dataDir = mkdtempSync(join(tmpdir(), 'madang-drain-'));
  after(() => rmSync(dataDir, { recursive: true, force: true }));

  it('in mid-traffic: what is in flight is answered, clients come back by themselves, the process ends with 0 in time', async () => {
    const port = await freePort();
    const more = { MONGODB_URI: await databaseUri(`drain${process.pid}`) };
    const first = await startServer(dataDir, port, more);
    const people = Array.from({ length: 4 }, () => someone());
    const platform = new Platform(first.url, API_KEY);
    const room = await platform.room(people);
    const talkers = people.map(id => new Talker(first.url, id, room._id));
    try {
      await Promise.all(talkers.map(talker => talker.connected()));
      for (const talker of talkers) talker.talk(5);
      await Promise.all(talkers.flatMap(talker => talker.sent.map(({ answer }) => answer)));
      const asked = Date.now();
      const code = await first.stop();
      const took = Date.now() - asked;
      for (const talker of talkers) talker.stop();
      expect(code).to.equal(0);
      expect(took, 'milliseconds').to.be.lessThan(10_000);

      const all = talkers.flatMap(talker => talker.sent);
      const answers = await Promise.all(
        all.map(async ({ text, at, answer }) => ({ text, at, id: await answer })),
      );
      const before = answers.filter(({ at }) => at < asked);
      expect(
        before.filter(({ id }) => id === null),
        'sent before the signal and not answered',
      ).to.deep.equal([]);

      const second = await startServer(dataDir, port, more);
      try {
        await Promise.all(talkers.map(talker => talker.connected()));
        for (const { reasons } of talkers) expect(reasons).to.deep.equal(['transport close']);
        const messages = await allMessages(platform, room._id);
        const stored = new Map(messages.map(message => [message.data.content.text, message._id]));
        expect(stored.size, 'nothing twice').to.equal(messages.length);
        const acked = answers.filter(({ id }) => id !== null && /^[0-9a-f]{24}$/.test(id));
        for (const { text, id } of acked) expect(stored.get(text), 'what was acked is there').to.equal(id);
        const unanswered = answers.filter(({ id }) => id === null).map(({ text }) => text);
        expect(
          unanswered.filter(text => stored.has(text)),
          'what was taken is answered',
        ).to.deep.equal([]);
        expect(messages.map(({ seq }) => seq)).to.deep.equal(messages.map((_, i) => i + 1));
      } finally {
        expect(await second.stop()).to.equal(0);
      }
    } finally {
      for (const talker of talkers) talker.socket.close();
      await first.kill();
    }
  });

  it('of an idle server with open connections of all kinds ends it with 0 at once', async () => {
    const port = await freePort();
    const server = await startServer(dataDir, port, {
      MONGODB_URI: await databaseUri(`drain${process.pid}`),
    });
    const sockets = ['websocket', 'polling'].map(transport =>
      io(`${server.url}/chat`, {
        transports: [transport],
        forceNew: true,
        reconnection: false,
        auth: { token: makeToken(SECRET, { id: someone() }) },
      }),
    );
    const reasons = sockets.map(socket => new Promise(resolve => socket.once('disconnect', resolve)));
    await Promise.all(
      sockets.map(socket => new Promise<void>(resolve => socket.once('connect', () => resolve()))),
    );
    await fetch(`${server.url}/healthz`);
    const asked = Date.now();
    expect(await server.stop()).to.equal(0);
    expect(Date.now() - asked, 'milliseconds').to.be.lessThan(4_000);
    for (const reason of await Promise.all(reasons)) {
      expect(reason, 'a reason after which stock clients reconnect').to.be.oneOf([
        'transport close',
        'transport error',
      ]);
    }
    for (const socket of sockets) socket.close();
  });
});
