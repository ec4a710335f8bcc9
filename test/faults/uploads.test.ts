import { expect } from 'chai';
import fc from 'fast-check';
import type { Media, ObjectStore } from '../../src/domain/ports.ts';
import { Breaker, STEPS, type Fault } from '../helpers/breaker.ts';
import { ChatClient, newKey } from '../helpers/client.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import {
  bearer,
  get,
  sendFile,
  sendSlice,
  sharedDisk,
  sharedMedia,
  sha256,
  someBytes,
} from '../helpers/files.ts';
import { roomOf } from '../helpers/party.ts';
import { someone } from '../helpers/people.ts';

describe('uploads when their parts break', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let roomId: string;
  const breaker = new Breaker();
  const time = { ahead: 0 };
  before(async () => {
    engine = await startEngine({
      objects: breaker.of<ObjectStore>(sharedDisk(), STEPS),
      media: breaker.of<Media>(sharedMedia(), STEPS),
      clock: { now: () => Date.now() + time.ahead },
    });
    ann = await lasting(someone('ann'));
    bob = await lasting(someone('bob'));
    roomId = (await roomOf([ann, bob]))._id;
  });
  after(async () => {
    ann.close();
    bob.close();
    await engine.close();
  });

  const tokenOf = (id: string) => engine.token(id, id, 100 * 86_400);
  const lasting = (id: string) => ChatClient.connect(`${engine.url}/chat`, tokenOf(id), id);

  /** Every message points to bytes that are there; whatever no message points to is gone once it was collected. */
  async function nothingIsLost(): Promise<void> {
    time.ahead += 2 * 86_400_000;
    await engine.app.chat.files.collector.collect();
    const { objects } = engine.app.chat.files;
    const named = new Set<string>();
    for (const { data } of await bob.history(roomId)) {
      for (const file of data.content.files ?? []) {
        named.add(file.path);
        expect((await objects.stat(file.path))?.size, file.path).to.equal(file.size);
      }
    }
    for await (const { key } of objects.list(`rooms/${roomId}/`))
      expect(named.has(key.replace(/-t$/, '')), key).to.equal(true);
    expect(await engine.database.uploads.countDocuments({ userId: ann.userId })).to.equal(0);
  }

  it('whatever breaks, a repeated slice brings it to its end: one message, the right bytes', async () => {
    const faults = fc.array(
      fc.record({ step: fc.constantFrom(...STEPS), when: fc.constantFrom('before', 'after') }),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    await fc.assert(
      fc.asyncProperty(faults, async broken => {
        const bytes = someBytes(100);
        const syncKey = newKey();
        const waiting = [...broken] as Fault[];
        for (let index = 0, tries = 0; index < 4;) {
          breaker.next = waiting.shift() ?? null;
          const part = bytes.subarray(index * 25, (index + 1) * 25);
          const { success, data } = await sendSlice(ann, roomId, part, {
            syncKey,
            size: 100,
            sliceIndex: index,
          });
          if (success && data.message) break;
          if (success) index = data.slice!;
          expect(++tries).to.be.below(20);
        }
        breaker.next = null;
        const message = (await bob.history(roomId)).filter(entry => entry.syncKey === syncKey);
        expect(message).to.have.length(1);
        const { url } = message[0]!.data.content.files![0]!;
        expect(sha256((await get(engine.url, url, bearer(tokenOf(bob.userId)))).bytes)).to.equal(
          sha256(bytes),
        );
      }),
      { numRuns: 25 },
    );
    await nothingIsLost();
  });

  it('an upload that nobody goes on with is collected after a day, with all that came of it', async () => {
    for (const step of STEPS.slice(1)) {
      breaker.next = { step, when: 'before' };
      const syncKey = newKey();
      await sendSlice(ann, roomId, someBytes(10), { syncKey, size: 20 });
      await sendSlice(ann, roomId, someBytes(10), { syncKey, size: 20 });
    }
    breaker.next = null;
    await nothingIsLost();
  });

  it('a deletion that broke off in the middle is finished, or taken back, by the collector', async () => {
    const message = await sendFile(ann, roomId, someBytes(10));
    const [file] = message.data.content.files!;
    await engine.app.chat.stores.files.doom([file!.path], new Date(engine.app.chat.clock.now()));
    expect((await get(engine.url, file!.url, bearer(tokenOf(bob.userId)))).status).to.equal(404);
    time.ahead += 120_000;
    await engine.app.chat.files.collector.collect();
    expect(
      (await get(engine.url, file!.url, bearer(tokenOf(bob.userId)))).status,
      'it was not deleted',
    ).to.equal(200);
    await nothingIsLost();
  });
});
