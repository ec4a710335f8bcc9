import { expect } from 'chai';
import type { Chat } from '../../src/domain/chat.ts';
import { Courier, type Task } from '../../src/domain/push/courier.ts';
import { Retries } from '../../src/domain/push/retries.ts';
import type { PushLogEntry, PushOutcome, PushTarget, Shown } from '../../src/domain/ports.ts';
import { Problems } from './fakes.ts';

const task = (userId: string, authorId: string, more: Partial<Task> = {}): Task => ({
  type: 'MESSAGE',
  userId,
  roomId: 'r',
  messageId: `of ${authorId}`,
  seq: 1,
  title: 't',
  body: 'b',
  authorId,
  attempt: 0,
  tokenIds: null,
  ...more,
});

describe('the courier', () => {
  let sent: PushTarget[];
  let logged: PushLogEntry[];
  let outcome: PushOutcome;
  let problems: Problems;
  let courier: Courier;
  let retried: Task[];
  beforeEach(() => {
    [sent, logged, retried, outcome, problems] = [[], [], [], { kind: 'ok' }, new Problems()];
    const shown = new Map<string, Shown>();
    const push = {
      tokensOf: (ids: string[]) =>
        Promise.resolve(ids.map(id => ({ id, token: `token of ${id}`, userId: id, platform: 'web' }))),
      quietOf: () => Promise.resolve(new Map()),
      show: (some: Shown[]) => Promise.resolve(some.forEach(one => shown.set(one.userId + one.roomId, one))),
      shown: () => Promise.resolve([...shown.values()]),
      take: (some: Shown[]) => Promise.resolve(some),
      dropTokens: () => Promise.resolve(),
      log: (entries: PushLogEntry[]) => Promise.resolve(void logged.push(...entries)),
    };
    const members = { countOf: () => Promise.resolve(new Map()), ofUsers: () => Promise.resolve([]) };
    const chat = {
      stores: { push, members },
      clock: { now: () => 0 },
      reporter: problems,
    } as unknown as Chat;
    courier = new Courier(chat, {
      sender: {
        maxBatch: 2,
        send: batch => {
          if (outcome.kind === 'retry') return Promise.reject(new Error('no network'));
          sent.push(...batch);
          return Promise.resolve(batch.map(() => outcome));
        },
        close: () => Promise.resolve(),
      },
      blockersOf: (author, among) => Promise.resolve(new Set(author === 'pest' ? among.slice(0, 1) : [])),
      retries: new Retries({
        pauses: [3_600_000],
        onChange: entry => retried.push(entry),
        work: () => Promise.resolve(),
      }),
    });
  });
  afterEach(() => courier.retries.stop());

  it('brings nothing of an author to those who blocked them, and notes why', async () => {
    await courier.deliver([task('ann', 'pest'), task('bob', 'pest'), task('ann', 'friend')]);
    expect(sent.map(({ token, message }) => [token, message.messageId])).to.deep.equal([
      ['token of bob', 'of pest'],
      ['token of ann', 'of friend'],
    ]);
    const [entry] = logged;
    expect(entry!.results.map(({ userId, outcome: kind }) => [userId, kind])).to.deep.include([
      'ann',
      'BLOCKED',
    ]);
  });

  it('tries a whole batch again when the provider is out of reach, and says so', async () => {
    outcome = { kind: 'retry' };
    await courier.deliver([task('ann', 'friend')]);
    expect(retried.map(({ userId, attempt }) => [userId, attempt])).to.deep.equal([['ann', 1]]);
    expect(problems.list).to.have.length(1);
  });

  it('does not try again what a newer message has taken the place of', async () => {
    await courier.deliver([task('ann', 'friend', { messageId: 'newer', seq: 2 })]);
    sent.length = 0;
    await courier.deliver([task('ann', 'friend', { attempt: 1 })]);
    expect(sent).to.deep.equal([]);
    expect(logged.at(-1)!.results[0]!.outcome).to.equal('SUPERSEDED');
  });
});
