import { expect } from 'chai';
import { newId } from '../../src/domain/ids.ts';
import type { Message } from '../../src/domain/model.ts';
import { aMessage } from '../domain/fakes.ts';
import { openStorage, type Storage } from './seed.ts';

describe('changes of stored messages', () => {
  let storage: Storage;
  before(async () => {
    storage = await openStorage();
  });
  after(() => storage.database.close());

  const stored = async (more: Partial<Message> = {}): Promise<Message> => {
    const message = aMessage(newId(), 1, more);
    await storage.stores.log.append([message]);
    return message;
  };
  const text = (content: string) => ({ type: 'TEXT' as const, content: { text: content } });
  const moment = (milliseconds: number) => new Date(1_800_000_000_000 + milliseconds);
  const reactionsOf = async ({ id }: Message) =>
    (await storage.stores.log.byId(id))!.reactions.map(
      ({ emoji, userIds }) => `${emoji} ${userIds.join(' ')}`,
    );

  describe('an edit', () => {
    it('is stored on the state that it was made for, and counted', async () => {
      const { changes, log } = storage.stores;
      const message = await stored({ meta: { a: 1 } });
      const change = { data: text('new'), links: ['https://example.com/'], editedAt: moment(1) };
      const edited = await changes.edit(message, change);
      expect(edited).to.deep.equal({ ...message, ...change, changedAt: moment(1), revision: 1 });
      expect(await log.byId(message.id)).to.deep.equal(edited);
    });

    it('of many at the same moment one wins, and the next one on top of it', async () => {
      const { changes } = storage.stores;
      let now = await stored();
      for (const round of [1, 2]) {
        const tries = [1, 2, 3, 4, 5].map(i =>
          changes.edit(now, { data: text(`${round} ${i}`), links: [], editedAt: moment(round * 10 + i) }),
        );
        const won = (await Promise.all(tries)).filter(outcome => outcome !== null);
        expect(won).to.have.length(1);
        now = won[0]!;
        expect(now.revision).to.equal(round);
      }
    });

    it('of a deleted message is none', async () => {
      const { changes, log } = storage.stores;
      const message = await stored({
        reactions: [{ emoji: '👍', userIds: ['ann'] }],
        meta: { a: 1 },
        replyTo: newId(),
      });
      const gone = await changes.delete(message.id, moment(1));
      expect(gone).to.deep.include({ deleted: true, reactions: [], meta: null, replyTo: null });
      expect(gone!.data).to.deep.equal({ type: 'TEXT', content: {} });
      expect(await changes.edit(message, { data: text('x'), links: [], editedAt: moment(2) })).to.equal(null);
      expect(await changes.delete(message.id, moment(3)), 'twice is once').to.equal(null);
      expect(await log.byId(message.id)).to.deep.equal(gone);
    });

    it('never moves the time of change back', async () => {
      const { changes } = storage.stores;
      const message = await stored();
      await changes.addReaction(message.id, { emoji: '👍', userId: 'ann', at: moment(9) }, 20);
      const edited = await changes.edit(message, { data: text('x'), links: [], editedAt: moment(1) });
      expect(edited!.changedAt).to.deep.equal(moment(9));
    });
  });

  describe('a reaction', () => {
    const add = (message: Message, emoji: string, userId: string, max = 20) =>
      storage.stores.changes.addReaction(message.id, { emoji, userId, at: moment(1) }, max);
    const remove = (message: Message, emoji: string, userId: string) =>
      storage.stores.changes.removeReaction(message.id, { emoji, userId, at: moment(1) });

    it('counts each person once, in the order of coming', async () => {
      const message = await stored();
      for (const [emoji, userId] of [
        ['👍', 'ann'],
        ['🎉', 'ann'],
        ['👍', 'bob'],
        ['👍', 'ann'],
      ] as const)
        await add(message, emoji, userId);
      expect(await reactionsOf(message)).to.deep.equal(['👍 ann bob', '🎉 ann']);
      expect(await add(message, '👍', 'ann')).to.deep.include({ changed: false });
    });

    it('loses nobody of many at the same moment, added and taken back', async () => {
      const message = await stored();
      const people = Array.from({ length: 20 }, (_, i) => `p${i}`);
      await Promise.all(people.flatMap(id => [add(message, '👍', id), add(message, '🎉', id)]));
      const { reactions, revision } = (await storage.stores.log.byId(message.id))!;
      expect(reactions.map(({ userIds }) => [...userIds].sort())).to.deep.equal([
        [...people].sort(),
        [...people].sort(),
      ]);
      expect(revision).to.equal(40);
      await Promise.all(
        people.slice(1).flatMap(id => [remove(message, '👍', id), remove(message, '🎉', id)]),
      );
      expect((await reactionsOf(message)).sort()).to.deep.equal(['🎉 p0', '👍 p0'].sort());
      await Promise.all([remove(message, '👍', 'p0'), remove(message, '🎉', 'p0')]);
      expect(await reactionsOf(message)).to.deep.equal([]);
      expect(
        (await storage.database.messages.findOne({ syncKey: message.syncKey }))!.reactions,
      ).to.deep.equal([]);
    });

    it('comes back after the last one of its kind went, whoever is quicker', async () => {
      const message = await stored();
      for (let round = 0; round < 10; round++) {
        await add(message, '👍', 'ann');
        await Promise.all([remove(message, '👍', 'ann'), add(message, '👍', 'bob')]);
        expect(await reactionsOf(message)).to.deep.equal(['👍 bob']);
        await remove(message, '👍', 'bob');
      }
    });

    it('of one kind too many is refused; one that nobody has any more makes room', async () => {
      const message = await stored();
      await Promise.all(['1', '2', '3', '4', '5'].map(emoji => add(message, emoji, 'ann', 3)));
      expect(await reactionsOf(message)).to.have.length(3);
      expect(await add(message, '9', 'bob', 3)).to.equal('full');
      const { changes } = storage.stores;
      await changes.eraseReactions('ann', moment(2));
      expect(await reactionsOf(message)).to.deep.equal([]);
      await add(message, '9', 'bob', 3);
      expect(await reactionsOf(message)).to.deep.equal(['9 bob']);
    });

    it('is not taken by a deleted or unknown message', async () => {
      const message = await stored();
      await storage.stores.changes.delete(message.id, moment(1));
      expect(await add(message, '👍', 'ann')).to.equal(null);
      expect(await remove(message, '👍', 'ann')).to.equal(null);
      expect(await add(aMessage(newId(), 1), '👍', 'ann')).to.equal(null);
    });
  });

  describe('a reply', () => {
    it('is read with what it quotes, as that is now, from wherever it is read; it is not stored', async () => {
      const { log, changes, rooms } = storage.stores;
      const roomId = newId();
      const quoted = aMessage(roomId, 1, { data: text('가'.repeat(300)) });
      const reply = aMessage(roomId, 2, { replyTo: quoted.id });
      await log.append([quoted, { ...reply, quote: { ...quoted } }]);
      expect(await storage.database.messages.findOne({ syncKey: reply.syncKey })).to.not.have.property(
        'quote',
      );
      const reads = async () => [
        (await log.range(roomId, 1, 2))[0],
        (await log.after(roomId, 1, 5))[0],
        (await log.ofType(roomId, 'TEXT', { from: 1, to: Infinity, order: 'newest', limit: 1 }))[0],
        await log.byId(reply.id),
        await log.bySyncKey(roomId, reply.author.authorId, reply.syncKey),
      ];
      for (const found of await reads()) {
        expect(found!.quote).to.deep.equal({
          id: quoted.id,
          seq: 1,
          author: quoted.author,
          data: text('가'.repeat(200)),
          deleted: false,
          revision: 0,
        });
      }
      await changes.delete(quoted.id, moment(1));
      for (const found of await reads()) expect(found!.quote).to.deep.include({ deleted: true });
      const touched = await changes.touchReplies(roomId, quoted.id, moment(2), 9);
      expect(touched.map(({ id, revision, changedAt }) => [id, revision, changedAt])).to.deep.equal([
        [reply.id, 1, moment(2)],
      ]);
      expect((await log.changedSince([{ roomId, after: 0 }], moment(2), 0, 9))[0]!.quote?.deleted).to.equal(
        true,
      );
      expect(await rooms.byIds([roomId])).to.deep.equal([]);
    });
  });
});
