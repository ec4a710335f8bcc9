import { expect } from 'chai';
import fc from 'fast-check';
import { ChatError } from '../../src/domain/errors.ts';
import type { Message } from '../../src/domain/model.ts';
import { Sequencer, type Draft } from '../../src/domain/messages/sequencer.ts';
import { LiveRoom } from '../../src/domain/rooms/live.ts';
import { MemoryLog, Problems, QuickTime, aRoom, turns, type AppendFault } from './fakes.ts';

/** Sends, faults and pauses in any mixture. */
type Step =
  | { do: 'send'; room: number; author: string; key: string; text: string }
  | { do: 'wait'; turns: number }
  | { do: 'land' }
  | { do: 'other'; room: number }
  | { do: 'look'; room: number };

const room = fc.nat({ max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      room,
      author: fc.constantFrom('ann', 'bob'),
      key: fc.constantFrom('1', '2', '3', '4', '5', '6'),
      text: fc.constantFrom('one', 'one', 'one', 'two'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), turns: fc.nat({ max: 12 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'land' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('other' as const), room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('look' as const), room }) },
);
const fault: fc.Arbitrary<AppendFault> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'fine' as const }) },
  fc.constant({ kind: 'lost' as const }),
  fc.constant({ kind: 'stored-but-unknown' as const }),
  fc.constant({ kind: 'lands-later' as const }),
  fc.record({ kind: fc.constant('partly-stored' as const), count: fc.nat({ max: 4 }) }),
  fc.record({ kind: fc.constant('other-messages' as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('other-same-key' as const), sameContent: fc.boolean() }),
);
const story = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 40 }),
  faults: fc.array(fault, { maxLength: 25 }),
  reads: fc.array(fc.boolean(), { maxLength: 25 }),
  delay: fc.integer({ min: 0, max: 3 }),
  lanes: fc.integer({ min: 1, max: 3 }),
  maxBatch: fc.constantFrom(1, 3, 500),
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

interface Sent {
  live: LiveRoom;
  draft: Draft;
  outcome: Promise<Message | ChatError>;
}

class Run {
  readonly log = new MemoryLog();
  readonly time = new QuickTime();
  readonly told = new Map<LiveRoom, Message[]>();
  readonly lives = [0, 1, 2].map(() => new LiveRoom(aRoom(), [], []));
  readonly sent: Sent[] = [];
  readonly sequencer: Sequencer;

  constructor({ faults, reads, delay, lanes, maxBatch }: Story) {
    Object.assign(this.log, { appendFaults: [...faults], readFaults: [...reads], delay });
    const publish = (live: LiveRoom, messages: Message[]) => this.#tell(live, messages);
    const parts = { log: this.log, clock: this.time, reporter: new Problems(), publish };
    this.sequencer = new Sequencer({ ...parts, lanes, maxBatch });
    for (const live of this.lives) this.told.set(live, []);
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#take(step);
    this.log.appendFaults = [];
    this.log.readFaults = [];
    await Promise.all(this.sent.map(({ outcome }) => outcome));
    this.log.land();
    for (const live of this.lives) await this.sequencer.catchUp(live);
  }

  async #take(step: Step): Promise<void> {
    if (step.do === 'wait') return turns(step.turns);
    if (step.do === 'land') return this.log.land();
    const live = this.lives[step.room]!;
    if (step.do === 'other') return this.log.byOther(live.id);
    if (step.do === 'look') return void this.sequencer.ensureHead(live).catch(() => undefined);
    const draft: Draft = {
      author: { authorId: step.author, nickName: '', profileUrl: null },
      syncKey: step.key,
      syncHash: step.text,
      data: { type: 'TEXT', content: { text: step.text } },
      meta: null,
      uncountedFor: null,
      act: null,
      replyTo: null,
      mentions: [],
      links: [],
    };
    const outcome = this.sequencer.submit(live, draft).then(
      message => {
        const isTold = this.told.get(live)!.some(known => known.id === message.id);
        expect(isTold, 'told before it is acked').to.equal(true);
        return message;
      },
      (error: unknown) => {
        if (error instanceof ChatError) return error;
        throw error;
      },
    );
    this.sent.push({ live, draft, outcome });
  }

  #tell(live: LiveRoom, messages: Message[]): void {
    const told = this.told.get(live)!;
    for (const message of messages) {
      expect(message.seq, 'a hole in what is told').to.be.at.most(told.length + 1);
      const known = told[message.seq - 1];
      if (known) expect(message.id, 'another message under a number that was told').to.equal(known.id);
      else told.push(message);
    }
  }

  async check(): Promise<void> {
    for (const live of this.lives) {
      const stored = this.log.of(live.id);
      expect(stored.map(message => message.seq)).to.deep.equal(stored.map((_, i) => i + 1));
      expect(this.told.get(live)!.map(message => message.id)).to.deep.equal(
        stored.map(message => message.id),
      );
      const keys = stored.map(message => `${message.author.authorId} ${message.syncKey}`);
      expect(new Set(keys).size, 'one message per author and key').to.equal(keys.length);
      expect(live.holds).to.equal(0);
    }
    expect(this.sequencer.waiting).to.equal(0);
    for (const { live, draft, outcome } of this.sent) this.#checkOutcome(live, draft, await outcome);
  }

  #checkOutcome(live: LiveRoom, draft: Draft, outcome: Message | ChatError): void {
    const stored = this.log
      .of(live.id)
      .find(({ author, syncKey }) => author.authorId === draft.author.authorId && syncKey === draft.syncKey);
    if (outcome instanceof ChatError) {
      expect(outcome.code).to.be.oneOf(['SYNC_KEY_CONFLICT', 'TEMPORARILY_UNAVAILABLE']);
      if (outcome.code === 'SYNC_KEY_CONFLICT') expect(stored?.syncHash).to.not.equal(draft.syncHash);
      return;
    }
    expect(stored, 'an acked message is in the log').to.not.equal(undefined);
    expect([outcome.id, outcome.seq, outcome.syncHash]).to.deep.equal([
      stored!.id,
      stored!.seq,
      draft.syncHash,
    ]);
  }
}

describe('the sequencer in any mixture of sends and faults', () => {
  it('numbers without gaps, tells in order and once, and acks only what is in the log', async function () {
    this.timeout(30_000);
    const property = fc.asyncProperty(story, async chapter => {
      const run = new Run(chapter);
      run.time.install();
      try {
        await run.play(chapter.steps);
        await run.check();
      } finally {
        run.time.restore();
      }
    });
    await fc.assert(property, { numRuns: 400 });
  });
});
