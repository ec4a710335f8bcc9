import { expect } from 'chai';
import fc from 'fast-check';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { diskObjects } from '../../src/services/objects/disk.ts';
import { fails, gather, keysBelow, placesOf } from '../helpers/bytes.ts';

const PNG = { mimeType: 'image/png' };

describe('objects: what is special to the disk', () => {
  let root: string;
  beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'madang-disk-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const put = (key: string, text = key) => diskObjects(root).put(key, Readable.from([text]), PNG);
  const below = (folder: string) => readdirSync(join(root, folder), { recursive: true });

  it('is the same after a restart', async () => {
    await put('rooms/a/b', 'kept');
    const [first, second] = placesOf([2, 3]);
    await diskObjects(root).putSlice('u1', second!, Buffer.from('cde'));
    await diskObjects(root).putSlice('u1', first!, Buffer.from('ab'));
    await diskObjects(root).joinSlices('u1', [first!, second!], 'rooms/a/c', PNG);
    const objects = diskObjects(root);
    expect(String(await gather(await objects.read('rooms/a/b')))).to.equal('kept');
    expect(String(await gather(await objects.read('rooms/a/c')))).to.equal('abcde');
    expect(await keysBelow(objects, 'uploads/')).to.deep.equal(['uploads/u1']);
  });

  it('has no links', async () => {
    const objects = diskObjects(root);
    await put('a/b');
    expect(await objects.link('a/b', { seconds: 60, disposition: 'inline', ...PNG })).to.equal(null);
    expect(await objects.uploadLink('a/b', { size: 1, seconds: 60, ...PNG })).to.equal(null);
  });

  it('shows an object only when it is whole', async () => {
    const objects = diskObjects(root);
    await put('a/b', 'old');
    const body = new Readable({ read: () => {} });
    body.push('half');
    const putting = objects.put('a/b', body, PNG);
    while (below('temporary').length === 0) await objects.stat('a/b');
    expect(String(await gather(await objects.read('a/b')))).to.equal('old');
    expect(await keysBelow(objects, 'a/')).to.deep.equal(['a/b']);
    body.push(null);
    expect(await putting).to.equal(4);
    expect(String(await gather(await objects.read('a/b')))).to.equal('half');
    expect(below('temporary')).to.deep.equal([]);
  });

  it('clears what a crash left half written, but nothing that is still being written', async () => {
    const objects = diskObjects(root);
    const [old, young] = [join(root, 'temporary/old'), join(root, 'temporary/young')];
    writeFileSync(old, 'half');
    writeFileSync(young, 'half');
    const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(old, hoursAgo, hoursAgo);
    await keysBelow(objects, 'rooms/');
    expect([existsSync(old), existsSync(young)]).to.deep.equal([false, true]);
  });

  it('lists files that it made, not what else lies there', async () => {
    const objects = diskObjects(root);
    await put('rooms/a');
    writeFileSync(join(root, 'objects/rooms/.DS_Store'), '');
    writeFileSync(join(root, 'objects/rooms/한글'), '');
    writeFileSync(join(root, 'uploads/.DS_Store'), '');
    symlinkSync('/etc/passwd', join(root, 'objects/rooms/passwd'));
    expect(await keysBelow(objects, 'rooms/')).to.deep.equal(['rooms/a']);
    expect(await keysBelow(objects, 'uploads/')).to.deep.equal([]);
  });

  it('leaves no empty folders, whatever is put beside it at the same moment', async () => {
    const objects = diskObjects(root);
    const aKey = fc.constantFrom('r/a/x', 'r/a/y', 'r/b/x', 'q/x');
    const aStep = fc.record({ key: aKey, isPut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(aStep, { minLength: 1, maxLength: 8 }), { maxLength: 6 }),
        async lanes => {
          // Each lane owns its keys, so it knows what is there at its end; the folders are shared.
          const expected = new Set<string>();
          await Promise.all(
            lanes.map(async (steps, lane) => {
              for (const { key, isPut } of steps) {
                const own = `${key}${lane}`;
                if (isPut) await put(own);
                else await objects.remove([own]);
                expected[isPut ? 'add' : 'delete'](own);
              }
            }),
          );
          const keys = [...(await keysBelow(objects, 'r/')), ...(await keysBelow(objects, 'q/'))];
          expect(keys.sort()).to.deep.equal([...expected].sort());
          await objects.remove(keys);
          expect(below('objects')).to.deep.equal([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('refuses a key below another one, and keeps both readable', async () => {
    const objects = diskObjects(root);
    await put('rooms/a');
    expect(await fails(put('rooms/a/b'))).to.match(/EEXIST|ENOTDIR/);
    expect(await fails(objects.copy('rooms/a', 'rooms/a/b'))).to.match(/EEXIST|ENOTDIR/);
    expect(await fails(put('rooms'))).to.match(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(String(await gather(await objects.read('rooms/a')))).to.equal('rooms/a');
    expect(below('temporary')).to.deep.equal([]);
  });

  it('says at once when its folder cannot be', () => {
    writeFileSync(join(root, 'file'), '');
    expect(() => diskObjects(join(root, 'file'))).to.throw('ENOTDIR');
  });
});
