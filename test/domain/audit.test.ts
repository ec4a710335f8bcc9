import { expect } from 'chai';
import { Audit } from '../../src/domain/moderation/audit.ts';
import type { AuditEntry, AuditStore } from '../../src/domain/ports.ts';

const ann = { kind: 'user', userId: 'ann', nickName: 'Ann', profileUrl: null } as const;

/** A store that can be out of order. */
function aStore() {
  const stored: (AuditEntry & { expiresAt: Date })[] = [];
  const state = { isDown: false, stored, problems: [] as string[] };
  const store: AuditStore = {
    add(entries) {
      if (state.isDown) return Promise.reject(new Error('down'));
      stored.push(...entries);
      return Promise.resolve();
    },
    find: () => Promise.resolve([]),
  };
  const reporter = { problem: (what: string) => void state.problems.push(what) };
  return { state, audit: new Audit(store, { now: () => 1_700_000_000_000 }, reporter, 2) };
}

describe('the audit log', () => {
  it('is written after the act, in order, and kept for as many days as were said', async () => {
    const { audit, state } = aStore();
    for (const act of ['a', 'b', 'c'])
      audit.note(ann, act, { room: { id: 'r', link: { sid: 's', name: '' } } });
    await audit.flush();
    expect(state.stored.map(({ act }) => act)).to.deep.equal(['a', 'b', 'c']);
    expect(state.stored[0]).to.deep.include({
      actor: { kind: 'user', id: 'ann' },
      roomId: 'r',
      linkSid: 's',
    });
    const { at, expiresAt } = state.stored[0]!;
    expect(expiresAt.getTime() - at.getTime()).to.equal(2 * 86_400_000);
    await audit.stop();
  });

  it('what the store does not take is reported, waits and is written once it does', async () => {
    const { audit, state } = aStore();
    state.isDown = true;
    audit.note(ann, 'a');
    audit.note(ann, 'b');
    await audit.flush();
    expect([state.stored.length, state.problems.length > 0]).to.deep.equal([0, true]);
    state.isDown = false;
    await audit.stop();
    expect(state.stored.map(({ act }) => act)).to.deep.equal(['a', 'b']);
  });

  it('never keeps more than fit: the oldest are lost, and that is reported', async () => {
    const { audit, state } = aStore();
    state.isDown = true;
    for (let i = 0; i < 10_005; i++) audit.note(ann, String(i));
    expect(state.problems.filter(what => what.includes('lost'))).to.have.length(5);
    await audit.flush();
    state.isDown = false;
    await audit.stop();
    expect([state.stored.length, state.stored[0]!.act]).to.deep.equal([10_000, '5']);
  });

  it('counts targets beyond a thousand', async () => {
    const { audit, state } = aStore();
    audit.note(ann, 'a', { targets: Array.from({ length: 1_500 }, (_, i) => String(i)) });
    await audit.stop();
    expect([state.stored[0]!.targets.length, state.stored[0]!.details]).to.deep.equal([
      1_000,
      { targetCount: 1_500 },
    ]);
  });
});
