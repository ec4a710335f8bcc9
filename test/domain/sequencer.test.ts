import { expect } from 'chai';
import { ChatError, StoreSilent } from '../../src/domain/errors.ts';
import type { Message } from '../../src/domain/model.ts';
import { Sequencer, type Draft, type SequencerParts } from '../../src/domain/messages/sequencer.ts';
import { LiveRoom } from '../../src/domain/rooms/live.ts';
import { MemoryLog, Problems, QuickTime, aRoom, turns, type AppendFault } from './fakes.ts';

const draft = (authorId: string, syncKey: string, text = 'text'): Draft => ({
  author: { authorId, nickName: authorId, profileUrl: null },
  syncKey,
  syncHash: text,
  data: { type: 'TEXT', content: { text } },
  meta: null,
  uncountedFor: null,
  act: null,
  replyTo: null,
  mentions: [],
  links: [],
});

/** A sequencer on a log in memory, and everything that it told, room by room. */
function setUp(more: Partial<SequencerParts> = {}) {
  const log = new MemoryLog();
  const time = new QuickTime();
  const problems = new Problems();
  const told = new Map<LiveRoom, Message[]>();
  const sequencer = new Sequencer({
    log,
    clock: time,
    reporter: problems,
    publish: (live, messages) => {
      const before = told.get(live) ?? [];
      const fresh = messages.filter(message => message.seq > before.length);
      fresh.forEach((message, i) =>
        expect(message.seq, 'told without a hole').to.equal(before.length + 1 + i),
      );
      told.set(live, [...before, ...fresh]);
    },
    ...more,
  });
  time.install();
  const room = () => new LiveRoom(aRoom(), [], []);
  return { log, time, problems, told, sequencer, room };
}

const seqs = (messages: readonly Message[]) => messages.map(message => message.seq);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const codeOf = (error: unknown) => (error instanceof ChatError ? error.code : error);

async function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no refusal',
    (error: unknown) => codeOf(error),
  );
}

describe('the sequencer', () => {
  let parts: ReturnType<typeof setUp>;
  beforeEach(() => {
    parts = setUp();
  });
  afterEach(() => parts.time.restore());

  describe('numbers messages', () => {
    it('1, 2, 3 in the order of arrival, with one insert for all that arrive while one is under way', async () => {
      const { sequencer, log, room } = parts;
      const live = room();
      const first = sequencer.submit(live, draft('ann', '0'));
      await turns(1);
      const rest = upTo(200).map(i => sequencer.submit(live, draft('ann', String(i))));
      expect(seqs(await Promise.all([first, ...rest]))).to.deep.equal(upTo(201));
      expect(log.appends).to.equal(2);
    });

    it('of a hundred rooms with as many inserts as there are lanes', async () => {
      const { sequencer, log, room } = parts;
      const lives = upTo(100).map(room);
      const sent = await Promise.all(lives.map(live => sequencer.submit(live, draft('ann', 'one'))));
      expect(seqs(sent)).to.deep.equal(lives.map(() => 1));
      expect(log.appends).to.be.at.most(2);
    });

    it('in inserts of the largest allowed size', async () => {
      parts.time.restore();
      parts = setUp({ maxBatch: 10 });
      const live = parts.room();
      const sent = await Promise.all(
        upTo(35).map(i => parts.sequencer.submit(live, draft('ann', String(i)))),
      );
      expect(seqs(sent)).to.deep.equal(upTo(35));
      expect(parts.log.appends).to.equal(4);
    });

    it('after what is in the log already', async () => {
      const { sequencer, log, told, room } = parts;
      const live = room();
      log.byOther(live.id, 1_234);
      expect((await sequencer.submit(live, draft('ann', '1'))).seq).to.equal(1_235);
      expect(told.get(live), 'told all of it').to.have.length(1_235);
    });
  });

  describe('takes a retry for the message that it repeats', () => {
    it('while the first is under way', async () => {
      const { sequencer, log, room } = parts;
      const live = room();
      const [first, second] = await Promise.all([
        sequencer.submit(live, draft('ann', 'key')),
        sequencer.submit(live, draft('ann', 'key')),
      ]);
      expect(second).to.equal(first);
      expect(log.of(live.id)).to.have.length(1);
    });

    it('after it was stored, and tells nothing again', async () => {
      const { sequencer, log, told, room } = parts;
      const live = room();
      const first = await sequencer.submit(live, draft('ann', 'key'));
      await sequencer.submit(live, draft('bob', 'key'));
      expect((await sequencer.submit(live, draft('ann', 'key'))).id).to.equal(first.id);
      expect(log.of(live.id), 'the same key of another author is another message').to.have.length(2);
      expect(told.get(live)).to.have.length(2);
    });

    it('when another node stored it a moment ago', async () => {
      const { sequencer, log, told, room } = parts;
      const live = room();
      log.appendFaults = [{ kind: 'other-same-key', sameContent: true }];
      const message = await sequencer.submit(live, draft('ann', 'key'));
      expect(message.id).to.equal(log.of(live.id)[0]!.id);
      expect(seqs(told.get(live)!)).to.deep.equal([1]);
    });

    it('and refuses another content under the same key: under way, stored, or stored by another node', async () => {
      const { sequencer, log, room } = parts;
      const live = room();
      const first = sequencer.submit(live, draft('ann', 'key', 'one'));
      const underWay = refusal(sequencer.submit(live, draft('ann', 'key', 'two')));
      await first;
      expect(await underWay).to.equal('SYNC_KEY_CONFLICT');
      expect(await refusal(sequencer.submit(live, draft('ann', 'key', 'two')))).to.equal('SYNC_KEY_CONFLICT');
      log.appendFaults = [{ kind: 'other-same-key', sameContent: false }];
      expect(await refusal(sequencer.submit(live, draft('ann', 'other')))).to.equal('SYNC_KEY_CONFLICT');
      expect(seqs(log.of(live.id))).to.deep.equal([1, 2]);
    });
  });

  describe('when the store does not confirm', () => {
    it('finds what was stored all the same and acks it under its number', async () => {
      const { sequencer, log, told, room } = parts;
      const live = room();
      log.appendFaults = [{ kind: 'stored-but-unknown' }];
      const message = await sequencer.submit(live, draft('ann', 'key'));
      expect(message.id).to.equal(log.of(live.id)[0]!.id);
      expect(told.get(live)).to.have.length(1);
    });

    it('finishes a batch of which a part was stored', async () => {
      const { sequencer, log, room } = parts;
      const live = room();
      log.appendFaults = [{ kind: 'partly-stored', count: 3 }];
      const sent = await Promise.all(upTo(5).map(i => sequencer.submit(live, draft('ann', String(i)))));
      expect(seqs(sent)).to.deep.equal(upTo(5));
      expect(log.of(live.id)).to.have.length(5);
    });

    it('answers each message of a batch once, when a part is stored and the rest runs into a key that cannot be looked up', async () => {
      parts.time.restore();
      parts = setUp({ lanes: 1 });
      const { sequencer, log, room } = parts;
      const [first, second] = [room(), room()];
      const known = await sequencer.submit(second, draft('ann', 'key'));
      log.readFaults = [false, true];
      const sent = await Promise.all([
        sequencer.submit(first, draft('ann', 'key')),
        sequencer.submit(second, draft('ann', 'key')),
      ]);
      expect(sent[1].id).to.equal(known.id);
      expect([log.of(first.id).length, log.of(second.id).length]).to.deep.equal([1, 1]);
      expect([first.holds, second.holds, sequencer.waiting]).to.deep.equal([0, 0, 0]);
    });

    it('is patient, then says TEMPORARILY_UNAVAILABLE, and goes on when the store is back', async () => {
      const { sequencer, log, time, room } = parts;
      const live = room();
      log.down = true;
      const started = time.now();
      expect(await refusal(sequencer.submit(live, draft('ann', 'key')))).to.equal('TEMPORARILY_UNAVAILABLE');
      expect(time.now() - started).to.be.within(3_000, 6_000);
      // The room is kept until the log has said what became of it.
      expect([live.holds, sequencer.waiting]).to.deep.equal([1, 0]);
      log.down = false;
      expect((await sequencer.submit(live, draft('ann', 'key'))).seq).to.equal(1);
      expect([live.holds, sequencer.waiting]).to.deep.equal([0, 0]);
    });

    it('tells once what lands after it gave up, and takes the retry for it', async () => {
      const { sequencer, log, told, room } = parts;
      const live = room();
      const later = (count: number): AppendFault[] => upTo(count).map(() => ({ kind: 'lands-later' }));
      log.appendFaults = later(40);
      expect(await refusal(sequencer.submit(live, draft('ann', 'key')))).to.equal('TEMPORARILY_UNAVAILABLE');
      log.appendFaults = [];
      log.land();
      await sequencer.submit(live, draft('bob', 'key'));
      const retried = await sequencer.submit(live, draft('ann', 'key'));
      expect(retried.seq).to.equal(1);
      expect(told.get(live)!.map(message => message.author.authorId)).to.deep.equal(['ann', 'bob']);
    });

    it('tells what lands long after, when nobody asks the log any more', async () => {
      const { log, sequencer, told, room } = setUp({ patience: 0 });
      const live = room();
      const store = log.append.bind(log);
      let land: () => Promise<void> = () => Promise.resolve();
      const settled = new Promise<void>(resolve => {
        land = () => log.append(late).then(() => resolve());
      });
      let late: readonly Message[] = [];
      log.append = batch => {
        late = batch;
        log.append = store;
        return Promise.reject(new StoreSilent('log.append', 5_000, settled));
      };
      expect(await refusal(sequencer.submit(live, draft('ann', 'k')))).to.equal('TEMPORARILY_UNAVAILABLE');
      await turns(20);
      expect([told.get(live), live.headKnown], 'the log was asked, and had nothing').to.deep.equal([
        undefined,
        true,
      ]);
      await land();
      await turns(20);
      expect(seqs(told.get(live)!)).to.deep.equal([1]);
    });

    it('does not let a room whose store fails hold up another lane for longer than it has to', async () => {
      const { sequencer, log, room } = parts;
      const lives = upTo(20).map(room);
      log.appendFaults = [{ kind: 'lost' }, { kind: 'lost' }];
      const sent = await Promise.all(lives.map(live => sequencer.submit(live, draft('ann', 'key'))));
      expect(seqs(sent)).to.deep.equal(lives.map(() => 1));
    });
  });

  it('refuses sends into a room that was removed', async () => {
    const { sequencer, log, room } = parts;
    const live = room();
    const sent = refusal(sequencer.submit(live, draft('ann', 'key')));
    live.removed = true;
    expect(await sent).to.equal('ROOM_NO_EXISTS');
    expect(log.appends).to.equal(0);
  });

  it('numbers without a gap when other nodes take numbers all the time', async () => {
    const { sequencer, log, told, room } = parts;
    const live = room();
    log.appendFaults = upTo(12).map(count => ({ kind: 'other-messages', count: (count % 3) + 1 }));
    await Promise.all(upTo(10).map(i => sequencer.submit(live, draft('ann', String(i)))));
    const stored = log.of(live.id);
    expect(seqs(stored)).to.deep.equal(upTo(stored.length));
    expect(told.get(live)!.map(message => message.id)).to.deep.equal(stored.map(message => message.id));
  });
});
