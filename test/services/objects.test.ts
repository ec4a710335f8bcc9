import { expect } from 'chai';
import fc from 'fast-check';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ObjectStore, SlicePlace } from '../../src/domain/ports.ts';
import { createObjects } from '../../src/services/objects/index.ts';
import { cutAt, fails, gather, keysBelow, placesOf } from '../helpers/bytes.ts';
import { testBucket } from '../helpers/s3.ts';

const PNG = { mimeType: 'image/png' };
const MIB = 1_024 * 1_024;
const RUNS = { numRuns: 12 };

for (const kind of ['disk', 's3'] as const) {
  describe(`objects: ${kind}`, function () {
    this.timeout(60_000);
    let objects: ObjectStore;
    const root = mkdtempSync(join(tmpdir(), 'madang-objects-'));
    const newKey = (): string => `rooms/${randomUUID()}/20261121/${randomUUID()}`;
    const put = (key: string, bytes: Buffer) => objects.put(key, Readable.from([bytes]), PNG);
    const bytesOf = async (key: string, range?: { start: number; end: number }) =>
      gather(await objects.read(key, range));
    /** Stores the slices, in an order that is given by their indexes, repeats included. */
    const putSlices = async (uploadId: string, bytes: Buffer, places: SlicePlace[], order?: number[]) => {
      for (const place of order?.map(index => places[index]!) ?? places)
        await objects.putSlice(uploadId, place, bytes.subarray(place.offset, place.offset + place.size));
    };

    before(async () => {
      objects = await createObjects({ s3: kind === 's3' ? await testBucket() : null }, root);
    });
    after(() => rmSync(root, { recursive: true, force: true }));

    it('says what it is', () => expect(objects.kind).to.equal(kind));

    describe('put and read', () => {
      it('gives back what was stored, of any size, as a whole and by ranges', async () => {
        const aSize = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 4, max: 300_000 }));
        await fc.assert(
          fc.asyncProperty(aSize, fc.nat(), fc.nat(), async (size, a, b) => {
            const [key, bytes] = [newKey(), randomBytes(size)];
            expect(await put(key, bytes)).to.equal(size);
            expect((await bytesOf(key))!.equals(bytes)).to.equal(true);
            expect((await objects.stat(key))!.size).to.equal(size);
            if (size === 0) return;
            const start = a % size;
            const end = start + (b % (size + 5));
            const part = await bytesOf(key, { start, end });
            expect(part!.equals(bytes.subarray(start, end + 1))).to.equal(true);
          }),
          RUNS,
        );
      });

      it('takes streams of many megabytes', async () => {
        const [key, chunk] = [newKey(), randomBytes(MIB)];
        const sum = createHash('sha256');
        const body = Readable.from(
          (function* () {
            for (let at = 0; at < 13; at++) {
              sum.update(chunk.subarray(at));
              yield chunk.subarray(at);
            }
          })(),
        );
        const size = await objects.put(key, body, PNG);
        expect(size).to.equal(13 * MIB - 78);
        const stored = createHash('sha256').update((await bytesOf(key))!);
        expect(stored.digest('hex')).to.equal(sum.digest('hex'));
      });

      it('replaces an object as a whole, with another etag', async () => {
        const key = newKey();
        await put(key, Buffer.from('first'));
        const first = (await objects.stat(key))!;
        await put(key, Buffer.from('other'));
        const other = (await objects.stat(key))!;
        expect(String(await bytesOf(key))).to.equal('other');
        expect(other.etag).not.to.equal(first.etag);
        expect(other.etag).to.match(/^[\w.-]+$/);
        expect((await objects.stat(key))!.etag).to.equal(other.etag);
        expect(Math.abs(Date.now() - other.modifiedAt.getTime())).to.be.below(60_000);
      });

      it('of a stream that breaks leaves nothing, and what was there stays', async () => {
        for (const length of [0, 10, 6 * MIB, 11 * MIB]) {
          const [key, old] = [newKey(), newKey()];
          await put(old, Buffer.from('old'));
          for (const target of [key, old]) {
            const body = cutAt(length, new Error('the client went away'));
            expect(await fails(objects.put(target, body, PNG))).to.include('the client went away');
            expect(body.destroyed).to.equal(true);
          }
          expect(await objects.stat(key), String(length)).to.equal(null);
          expect(await bytesOf(key)).to.equal(null);
          expect(String(await bytesOf(old))).to.equal('old');
        }
        const gone = Readable.from([Buffer.from('x')]).destroy();
        expect(await fails(objects.put(newKey(), gone, PNG))).to.match(/premature close/i);
      });

      it('says that nothing is there', async () => {
        const key = newKey();
        await put(key, Buffer.from('x'));
        for (const absent of [newKey(), `${key}/below`, key.slice(0, -37), `${key}.jpg`]) {
          expect(await objects.read(absent), absent).to.equal(null);
          expect(await objects.read(absent, { start: 0, end: 1 }), absent).to.equal(null);
          expect(await objects.stat(absent), absent).to.equal(null);
          expect(await objects.withLocalFile(absent, async () => 1), absent).to.equal(null);
          await objects.remove([absent]);
        }
        expect(String(await bytesOf(key))).to.equal('x');
      });

      it('refuses ranges that are none, or begin beyond the end', async () => {
        const [key, empty] = [newKey(), newKey()];
        await put(key, Buffer.from('12345'));
        await put(empty, Buffer.alloc(0));
        for (const [start, end] of [
          [-1, 2],
          [3, 2],
          [0.5, 2],
          [0, NaN],
          [5, 9],
        ] as const)
          expect(await fails(objects.read(key, { start, end })), `${start}-${end}`).to.include('RangeError');
        expect(await fails(objects.read(empty, { start: 0, end: 0 }))).to.include('RangeError');
        expect(String(await bytesOf(key, { start: 4, end: 4_000 }))).to.equal('5');
      });

      it('lets go of the object when its reader leaves early', async () => {
        const key = newKey();
        await put(key, randomBytes(4 * MIB));
        const open = () => readdirSync('/proc/self/fd').length;
        const streams = [];
        for (let times = 0; times < 20; times++) streams.push((await objects.read(key))!);
        const most = open();
        await Promise.all(
          streams.map(async stream => {
            for await (const _chunk of stream) break;
            expect(stream.destroyed).to.equal(true);
          }),
        );
        for (let turns = 0; turns < 200 && open() > most - 15; turns++) await objects.stat(key);
        expect(open()).to.be.at.most(most - 15);
      });
    });

    it('refuses keys that no server makes', async () => {
      const x = () => Readable.from(['x']);
      const bad = [
        '',
        '/etc/passwd',
        '../x',
        'a/../b',
        'a//b',
        'a/',
        './a',
        'a/.b',
        '.',
        '..',
        'a b',
        'a\\b',
      ];
      const worse = [
        'a\0',
        '가',
        'a?b',
        'a%2fb',
        'uploads/x',
        'uploads',
        `${'a/'.repeat(400)}b`,
        'a'.repeat(200),
      ];
      for (const key of [...bad, ...worse]) {
        const body = x();
        for (const attempt of [
          () => objects.put(key, body, PNG),
          () => objects.read(key),
          () => objects.stat(key),
          () => objects.copy(key, 'a/b'),
          () => objects.copy('a/b', key),
          () => objects.remove(['a/b', key]),
          () => objects.withLocalFile(key, async () => 1),
          () => objects.link(key, { seconds: 1, disposition: 'inline', ...PNG }),
          () => objects.uploadLink(key, { size: 1, seconds: 1, ...PNG }),
          () => objects.joinSlices('u1', [{ index: 0, offset: 0, size: 1 }], key, PNG),
          () => keysBelow(objects, key === 'a/' ? '' : key),
        ])
          expect(await fails(attempt()), `${key}: ${attempt}`).to.match(/^Error: not a /);
        expect(body.destroyed).to.equal(true);
      }
      const slice = { index: 0, offset: 0, size: 1 };
      for (const uploadId of ['', '..', 'a/b', 'a.b', 'ㄱ', 'a'.repeat(129)]) {
        expect(await fails(objects.putSlice(uploadId, slice, Buffer.from('x')))).to.include('not an id');
        expect(await fails(objects.joinSlices(uploadId, [slice], newKey(), PNG))).to.include('not an id');
        expect(await fails(objects.dropSlices(uploadId))).to.include('not an id');
      }
      for (const prefix of ['uploads/u1/', 'rooms', '../', '/'])
        expect(await fails(keysBelow(objects, prefix)), prefix).to.include('not a prefix');
    });

    describe('slices', () => {
      it('in any order, with repeats, join to the file', async () => {
        const aPlan = fc
          .array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 12 })
          .chain(sizes => {
            const indexes = sizes.map((_size, index) => index);
            const order = fc.shuffledSubarray(indexes, { minLength: sizes.length });
            return fc.tuple(
              fc.constant(sizes),
              order,
              fc.array(fc.constantFrom(...indexes), { maxLength: 6 }),
            );
          });
        await fc.assert(
          fc.asyncProperty(aPlan, async ([sizes, order, repeats]) => {
            const [uploadId, key, places] = [randomUUID(), newKey(), placesOf(sizes)];
            const bytes = randomBytes(sizes.reduce((sum, size) => sum + size));
            await putSlices(uploadId, bytes, places, [...order, ...repeats]);
            await objects.joinSlices(uploadId, places, key, PNG);
            expect((await bytesOf(key))!.equals(bytes)).to.equal(true);
            await objects.dropSlices(uploadId);
          }),
          RUNS,
        );
      });

      it('stay when they are joined, until they are dropped; joining and dropping may be repeated', async () => {
        const [uploadId, places, bytes] = [randomUUID(), placesOf([3, 4]), Buffer.from('abcdefg')];
        await putSlices(uploadId, bytes, places);
        const [first, second] = [newKey(), newKey()];
        await objects.joinSlices(uploadId, places, first, PNG);
        await objects.joinSlices(uploadId, places, second, PNG);
        expect(String(await bytesOf(second))).to.equal('abcdefg');
        await objects.dropSlices(uploadId);
        await objects.dropSlices(uploadId);
        await objects.joinSlices(uploadId, places, first, PNG);
        expect(String(await bytesOf(first)), 'done already').to.equal('abcdefg');
        expect(await fails(objects.joinSlices(uploadId, places, newKey(), PNG))).to.match(/missing|0 of 7/);
      });

      it('that are sent again with other bytes replace, but never reach what was joined before', async () => {
        const [uploadId, key, places] = [randomUUID(), newKey(), placesOf([3, 3])];
        await putSlices(uploadId, Buffer.from('aaabbb'), places);
        await putSlices(uploadId, Buffer.from('xxxccc'), places, [1]);
        await objects.joinSlices(uploadId, places, key, PNG);
        const { etag } = (await objects.stat(key))!;
        await putSlices(uploadId, Buffer.from('yyyyyy'), places);
        expect(String(await bytesOf(key))).to.equal('aaaccc');
        expect((await objects.stat(key))!.etag).to.equal(etag);
      });

      it('that are not all there are never an object', async () => {
        const [uploadId, key, places] = [randomUUID(), newKey(), placesOf([2 * MIB, 3 * MIB, 2 * MIB, 1])];
        await putSlices(uploadId, randomBytes(8 * MIB), places, [0, 1, 2]);
        expect(await fails(objects.joinSlices(uploadId, places, key, PNG))).to.match(/missing|bytes/);
        expect(await objects.stat(key)).to.equal(null);
        await objects.putSlice(uploadId, places[3]!, Buffer.from('x'));
        await objects.joinSlices(uploadId, places, key, PNG);
        expect((await objects.stat(key))!.size).to.equal(7 * MIB + 1);
      });

      it('have to fit: their bytes in their place, and each behind the other', async () => {
        const [uploadId, key] = [randomUUID(), newKey()];
        for (const place of [
          { index: 0, offset: 0, size: 2 },
          { index: -1, offset: 0, size: 1 },
          { index: 0, offset: -1, size: 1 },
          { index: 0.5, offset: 0, size: 1 },
          { index: 0, offset: NaN, size: 1 },
        ])
          expect(await fails(objects.putSlice(uploadId, place, Buffer.from('x')))).to.match(/slice/);
        const [first, second] = placesOf([1, 1]) as [SlicePlace, SlicePlace];
        await putSlices(uploadId, Buffer.from('xy'), [first, second]);
        for (const slices of [
          [],
          [second],
          [second, first],
          [first, first],
          [first, { ...second, offset: 2 }],
        ])
          expect(await fails(objects.joinSlices(uploadId, slices, key, PNG))).to.match(/slice/);
        expect(await objects.stat(key)).to.equal(null);
      });

      it('are listed as one upload, however many they are, and dropped as one', async () => {
        const [uploadId, neighbour, bytes] = [randomUUID(), randomUUID(), randomBytes(30)];
        const places = placesOf([...bytes].map(() => 1));
        const indexes = [...places.keys()];
        await objects.putSlice(neighbour, places[0]!, Buffer.from('n'));
        await Promise.all(
          [0, 1, 2, 3].map(lane =>
            putSlices(
              uploadId,
              bytes,
              places,
              indexes.filter(index => index % 4 === lane),
            ),
          ),
        );
        const find = async (id: string) => {
          const found = [];
          for await (const entry of objects.list('uploads/'))
            if (entry.key === `uploads/${id}`) found.push(entry);
          return found;
        };
        const [upload, ...more] = await find(uploadId);
        expect(more).to.have.length(0);
        expect(upload!.size).to.equal(30);
        expect(Math.abs(Date.now() - upload!.modifiedAt.getTime())).to.be.below(60_000);
        await objects.putSlice(uploadId, places[4]!, Buffer.from([bytes[4]! ^ 1]));
        expect((await find(uploadId))[0]!.etag).not.to.equal(upload!.etag);
        await objects.dropSlices(uploadId);
        expect(await find(uploadId)).to.have.length(0);
        expect(await find(neighbour)).to.have.length(1);
      });
    });

    it('copies within the storage; the copy is independent', async () => {
      const [from, to] = [newKey(), newKey()];
      expect(await objects.copy(from, to)).to.equal(false);
      await put(from, Buffer.from('content'));
      await put(to, Buffer.from('to be replaced'));
      expect(await objects.copy(from, to)).to.equal(true);
      expect(await objects.copy(from, from)).to.equal(true);
      await objects.remove([from]);
      expect(String(await bytesOf(to))).to.equal('content');
      expect(await objects.copy(from, from)).to.equal(false);
      expect(await objects.copy(from, to)).to.equal(false);
      expect(String(await bytesOf(to))).to.equal('content');
    });

    it('lists what is below a prefix, and removes many at once, known or not', async () => {
      const room = `rooms/${randomUUID()}`;
      const keys = [`${room}/a`, `${room}/b/c`, `${room}/b/d.jpg`, `${room}0/e`];
      for (const key of keys) await put(key, Buffer.from(key));
      const listed = [];
      for await (const entry of objects.list(`${room}/`)) {
        listed.push(entry.key);
        const { key, ...stat } = entry;
        expect(stat.size).to.equal(key.length);
        expect(stat.etag).to.equal((await objects.stat(key))!.etag);
      }
      expect(listed.sort()).to.deep.equal(keys.slice(0, 3));
      expect(await keysBelow(objects, `${room}/b/`)).to.deep.equal(keys.slice(1, 3));
      expect(await keysBelow(objects, 'rooms/nowhere/')).to.deep.equal([]);
      for await (const _entry of objects.list('rooms/')) break;
      await objects.remove([]);
      await objects.remove([...Array.from({ length: 1_200 }, newKey), ...keys.slice(0, 2)]);
      expect(await keysBelow(objects, `${room}/`)).to.deep.equal([keys[2]]);
      expect(await objects.stat(keys[3]!)).not.to.equal(null);
    });

    it('hands out a local file, and takes it back whatever happens', async () => {
      const [key, bytes] = [newKey(), randomBytes(100_000)];
      await put(key, bytes);
      const temporary = () => readdirSync(tmpdir()).filter(name => name.startsWith('madang-object-'));
      const before = temporary();
      const looked = await objects.withLocalFile(key, async path => readFileSync(path).equals(bytes));
      expect(looked).to.equal(true);
      const broken = objects.withLocalFile(key, () => Promise.reject(new Error('cannot be decoded')));
      expect(await fails(broken)).to.include('cannot be decoded');
      expect(temporary()).to.deep.equal(before);
      expect((await bytesOf(key))!.equals(bytes)).to.equal(true);
    });
  });
}
