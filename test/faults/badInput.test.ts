import { expect } from 'chai';
import { ERROR_SENTENCES } from '../../src/domain/errors.ts';
import * as catalogue from '../../src/protocols/chat/catalogue.ts';
import type { EventDef } from '../../src/protocols/kit/event.ts';
import type { ChatClient, Message, Room } from '../helpers/client.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';
import { BAD_VALUES, MISSING, spoiled, withRealIds } from './bad-values.ts';

const EVENTS = (Object.values(catalogue) as unknown[]).filter(
  (value): value is EventDef => 'payload' in (value as object),
);
/** Codes that mean that something of ours went wrong. */
const OURS = ['INTERNAL_ERROR', 'TEMPORARILY_UNAVAILABLE'];

interface Stage {
  client: ChatClient;
  room: Room;
  message: Message;
  ids: Record<string, string>;
}

async function setStage(engine: Engine): Promise<Stage> {
  const [ann, bob, eve, joe] = ['ann', 'bob', 'eve', 'joe'].map(name => someone(name)) as [
    string,
    string,
    string,
    string,
  ];
  await engine.platform.people(ann, bob, eve, joe);
  const room = await engine.platform.room([ann, bob, eve]);
  const client = await engine.connect(ann);
  const message = await client.send(room._id, 'before');
  const ids = {
    '6740a1b2c3d4e5f601234567': room._id,
    '6740a1b2c3d4e5f6012345ab': message._id,
    'eyJhbGciOi…': engine.token(ann),
    '1732160000000': someone('key'),
    2: bob,
    3: eve,
    4: joe,
  };
  return { client, room, message, ids };
}

/** Everything of the room that a refusal must not change. */
function stateOf(engine: Engine, roomId: string): string {
  const { room, members } = engine.app.chat.registry.peek(roomId)!;
  return JSON.stringify([room, [...members.values()], engine.app.chat.registry.size]);
}

const countsOf = ({ database }: Engine) =>
  Promise.all([database.rooms, database.memberships, database.messages].map(docs => docs.countDocuments({})));

describe('bad input on the socket', () => {
  let engine: Engine;
  after(() => engine.close());
  before(async () => {
    engine = await startEngine();
  });

  for (const def of EVENTS) {
    it(`${def.name}: every wrong field is refused with a code or means nothing, and a refusal changes nothing`, async function () {
      this.timeout(60_000);
      const { client, room, ids } = await setStage(engine);
      const socketId = client.socket.id;
      const wrong: string[] = [];
      let counts = await countsOf(engine);
      let successes = 0;
      for (const { what, value } of spoiled(withRealIds(def.example, ids), def.payload)) {
        const before = stateOf(engine, room._id);
        const answer = await client
          .ask(def.name, value)
          .catch((error: Error) => ({ success: false, error: error.message }));
        if (answer.success) {
          successes++;
          continue;
        }
        if (!(String(answer.error) in ERROR_SENTENCES) || OURS.includes(answer.error!))
          wrong.push(`${what}: ${answer.error}`);
        if (stateOf(engine, room._id) !== before) wrong.push(`${what}: was refused and changed the room`);
      }
      expect(wrong).to.deep.equal([]);
      if (successes > 0) counts = await countsOf(engine);
      expect(await countsOf(engine)).to.deep.equal(counts);
      expect(client.socket.id, 'the same connection').to.equal(socketId);
      await client.settled();
    });

    it(`${def.name}: a missing ack, a string in its place, no payload, many arguments or bytes do no harm`, async () => {
      const { client, ids } = await setStage(engine);
      const payload = withRealIds(def.example, ids);
      const socketId = client.socket.id;
      for (const args of [
        [],
        [null],
        ['nonsense'],
        [undefined, 'ack'],
        [payload, 'ack'],
        [payload, null],
        [payload, {}, 'ack'],
      ]) {
        client.socket.emit(def.name, ...args);
      }
      for (const args of [
        [],
        [null],
        [[]],
        [Buffer.alloc(100)],
        [{ a: Buffer.alloc(9) }],
        [Buffer.alloc(70_000)],
      ]) {
        const answer = await client.ask(def.name, ...args);
        expect(answer.error, JSON.stringify(args).slice(0, 60)).to.not.be.oneOf(OURS);
      }
      await client.settled();
      expect(client.socket.id).to.equal(socketId);
    });
  }

  it('an event that there is not is refused, whatever its name', async () => {
    const { client } = await setStage(engine);
    for (const name of [
      'nonsense',
      '__proto__',
      'constructor',
      'toString',
      '',
      'x'.repeat(10_000),
      '$where',
      'a\0b',
    ]) {
      expect((await client.ask(name, {})).error, name.slice(0, 20)).to.equal('INVALID_PAYLOAD');
      client.socket.emit(name);
    }
    const asNumber = (await client.socket.timeout(5_000).emitWithAck(5 as unknown as string, {})) as {
      error: string;
    };
    expect(asNumber.error).to.equal('INVALID_PAYLOAD');
    await client.settled();
  });

  it('bad free-form data of one sender never keeps the message of another from being stored', async function () {
    this.timeout(30_000);
    const { client, room, ids } = await setStage(engine);
    const other = await engine.connect(ids['2']!);
    const bad = BAD_VALUES.flatMap(([, value]) => (value === MISSING ? [] : [value]));
    const sends = bad.flatMap((value, i) => [
      client.ask('sendMessage', {
        syncKey: `bad-${i}`,
        roomId: room._id,
        data: { content: 'x' },
        meta: { inner: value },
      }),
      client.ask('sendMessage', {
        syncKey: `worse-${i}`,
        roomId: room._id,
        data: { content: 'x' },
        meta: value,
      }),
      other.ask('sendMessage', { syncKey: `good-${i}`, roomId: room._id, data: { content: `good ${i}` } }),
    ]);
    const answers = await Promise.all(sends);
    expect(answers.filter((_, i) => i % 3 === 2).map(answer => answer.error)).to.deep.equal(
      bad.map(() => null),
    );
    for (const answer of answers) expect(answer.error).to.not.be.oneOf(OURS);
    const log = await engine.platform.messages(room._id);
    expect(log.map(message => message.seq)).to.deep.equal(log.map((_, i) => i + 1));
  });

  it('nothing that was sent became part of every object', () => {
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
  });
});
