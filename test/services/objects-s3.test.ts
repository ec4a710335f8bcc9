import {
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { ObjectStore } from '../../src/domain/ports.ts';
import { s3Clients } from '../../src/services/objects/s3-client.ts';
import { bucketLists } from '../../src/services/objects/s3-lists.ts';
import { s3Objects } from '../../src/services/objects/s3.ts';
import { cutAt, fails, gather, placesOf } from '../helpers/bytes.ts';
import { startProxy, type Proxy } from '../helpers/proxy.ts';
import { testBucket, type TestBucket } from '../helpers/s3.ts';

const PNG = { mimeType: 'image/png' };
const MIB = 1_024 * 1_024;

describe('objects: what is special to S3', function () {
  this.timeout(60_000);
  let place: TestBucket;
  let objects: ObjectStore;
  let client: S3Client;
  const newKey = (): string => `rooms/${randomUUID()}/20261121/${randomUUID()}`;
  const put = (key: string, bytes: Buffer, mimeType = 'image/png') =>
    objects.put(key, Readable.from([bytes]), { mimeType });
  const unfinished = async (Prefix: string) =>
    (await client.send(new ListMultipartUploadsCommand({ Bucket: place.bucket, Prefix }))).Uploads ?? [];

  before(async () => {
    place = await testBucket();
    objects = s3Objects(place);
    client = s3Clients(place).ask;
  });

  it('keeps the content type, through parts, joins and copies', async () => {
    const [small, large, joined, copied] = [newKey(), newKey(), newKey(), newKey()];
    await put(small, Buffer.from('x'), 'text/plain; charset=utf-8');
    await put(large, randomBytes(6 * MIB), 'video/mp4');
    await objects.putSlice('types', { index: 0, offset: 0, size: 1 }, Buffer.from('x'));
    await objects.joinSlices('types', placesOf([1]), joined, PNG);
    await objects.copy(large, copied);
    const types = [small, large, joined, copied].map(async Key => {
      const head = await client.send(new HeadObjectCommand({ Bucket: place.bucket, Key }));
      return head.ContentType;
    });
    expect(await Promise.all(types)).to.deep.equal([
      'text/plain; charset=utf-8',
      'video/mp4',
      'image/png',
      'video/mp4',
    ]);
  });

  it('sends what ends at the border of a part, beside it or on it', async () => {
    for (const size of [5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 10 * MIB]) {
      const [key, bytes] = [newKey(), randomBytes(size)];
      expect(await put(key, bytes)).to.equal(size);
      expect((await gather(await objects.read(key)))!.equals(bytes), String(size)).to.equal(true);
    }
  });

  it('aborts the parts of a stream that breaks, and of an upload whose slice is missing', async () => {
    const [key, joined, uploadId] = [newKey(), newKey(), randomUUID()];
    await fails(objects.put(key, cutAt(11 * MIB, new Error('gone')), PNG));
    const places = placesOf([6 * MIB, 1]);
    await objects.putSlice(uploadId, places[0]!, randomBytes(6 * MIB));
    expect(await fails(objects.joinSlices(uploadId, places, joined, PNG))).to.include('missing');
    expect(await unfinished(key)).to.deep.equal([]);
    expect(await unfinished(joined)).to.deep.equal([]);
    await objects.dropSlices(uploadId);
  });

  it('aborts old parts that a crash left behind, when it lists; young ones stay', async () => {
    const Bucket = place.bucket;
    const room = `rooms/${randomUUID()}/`;
    const leave = async (Key: string) => {
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      const part = { Bucket, Key, UploadId, PartNumber: 1, Body: Buffer.from('left') };
      await client.send(new UploadPartCommand(part));
    };
    for (const name of ['a', 'b', 'c', 'd', 'e']) await leave(room + name);
    for await (const _object of objects.list(room)) expect.fail('there is none');
    expect(await unfinished(room)).to.have.length(5);
    for await (const _object of bucketLists(s3Clients(place), Bucket, { stale: -60_000, page: 2 }).objects(
      room,
    ))
      expect.fail('there is none');
    expect(await unfinished(room)).to.deep.equal([]);
  });

  it('lists, groups and removes over many answers', async () => {
    const lists = bucketLists(s3Clients(place), place.bucket, { page: 3 });
    const room = `rooms/${randomUUID()}/`;
    const [one, other] = [randomUUID(), randomUUID()];
    for (const [index, slice] of placesOf([1, 2, 3, 4]).entries()) {
      await put(`${room}${index}`, Buffer.alloc(index));
      await objects.putSlice(one, slice, Buffer.alloc(slice.size));
      await objects.putSlice(other, slice, Buffer.alloc(slice.size));
    }
    const sizes: number[] = [];
    for await (const { size } of lists.objects(room)) sizes.push(size);
    expect(sizes).to.deep.equal([0, 1, 2, 3]);
    const uploads = async () => {
      const found: Record<string, number> = {};
      for await (const { key, size } of lists.uploads()) found[key] = size;
      return found;
    };
    expect(await uploads()).to.include({ [`uploads/${one}`]: 10, [`uploads/${other}`]: 10 });
    await lists.removeBelow(`uploads/${one}/`);
    expect(await uploads()).not.to.have.property(`uploads/${one}`);
    await lists.removeBelow(`uploads/${other}/`);
    await lists.remove([0, 1, 2, 3].map(index => `${room}${index}`));
    for await (const _object of lists.objects(room)) expect.fail('they are removed');
  });

  it('gives links that need no key, say what they are told, and cannot be bent', async () => {
    const key = newKey();
    await put(key, Buffer.from('내용'));
    const disposition = `attachment; filename="a.txt"; filename*=UTF-8''%ED%8C%8C%EC%9D%BC.txt`;
    const link = (await objects.link(key, { seconds: 60, mimeType: 'text/plain', disposition }))!;
    const answer = await fetch(link);
    expect(await answer.text()).to.equal('내용');
    expect(answer.headers.get('content-type')).to.equal('text/plain');
    expect(answer.headers.get('content-disposition')).to.equal(disposition);
    expect(new URL(link).searchParams.get('X-Amz-Expires')).to.equal('60');
    const part = await fetch(link, { headers: { range: 'bytes=3-5' } });
    expect([part.status, await part.text()]).to.deep.equal([206, '용']);
    for (const bent of [
      link.replace('text%2Fplain', 'text%2Fhtml'),
      link.replace(key, newKey()),
      link.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'),
      link.slice(0, link.indexOf('?')),
    ])
      expect((await fetch(bent)).status, bent).to.equal(403);
  });

  it('gives links to which exactly the announced bytes can be put, once', async () => {
    const key = newKey();
    const { url, headers } = (await objects.uploadLink(key, { size: 5, seconds: 60, ...PNG }))!;
    const send = async (body: string, more = {}) =>
      (await fetch(url, { method: 'PUT', body, headers: { ...headers, ...more } })).status;
    expect(await send('1234')).to.equal(403);
    expect(await send('123456')).to.equal(403);
    expect(await send('12345', { 'content-type': 'text/html' })).to.equal(403);
    expect(await objects.stat(key)).to.equal(null);
    expect(await send('12345')).to.equal(200);
    expect(await send('54321'), 'what was looked at is not changed any more').to.equal(412);
    expect(String(await gather(await objects.read(key)))).to.equal('12345');
  });

  describe('when the way to it breaks', () => {
    let proxy: Proxy;
    let away: ObjectStore;

    beforeEach(async () => {
      proxy = await startProxy(Number(new URL(place.endpoint).port));
      away = s3Objects({ ...place, endpoint: `http://127.0.0.1:${proxy.port}` });
    });
    afterEach(() => proxy.close());

    it('joins nevertheless: a slice that broke off is read again', async () => {
      const [uploadId, key, bytes] = [randomUUID(), newKey(), randomBytes(3 * MIB)];
      const places = placesOf([MIB, MIB, MIB]);
      for (const slice of places)
        await objects.putSlice(uploadId, slice, bytes.subarray(slice.offset, slice.offset + MIB));
      Object.assign(proxy, { cutAfter: 300_000, cuts: 2 });
      await away.joinSlices(uploadId, places, key, PNG);
      expect(proxy.cuts).to.equal(0);
      expect((await gather(await objects.read(key)))!.equals(bytes)).to.equal(true);
      await objects.dropSlices(uploadId);
    });

    it('ends a join that cannot be, without an object', async () => {
      const [uploadId, key] = [randomUUID(), newKey()];
      const places = placesOf([MIB, MIB]);
      for (const slice of places) await objects.putSlice(uploadId, slice, randomBytes(MIB));
      proxy.cutAfter = 300_000;
      expect(await fails(away.joinSlices(uploadId, places, key, PNG))).not.to.equal('did not fail');
      expect(await objects.stat(key)).to.equal(null);
      await objects.dropSlices(uploadId);
    });

    it('ends the stream of a reader with an error, whether it reads yet or not', async () => {
      const key = newKey();
      await put(key, randomBytes(8 * MIB));
      proxy.cutAfter = MIB;
      const [reading, later] = [(await away.read(key))!, (await away.read(key))!];
      expect(await fails(gather(reading))).to.include('aborted');
      expect(await fails(gather(later))).to.include('aborted');
      expect(await fails(away.withLocalFile(key, async () => 1))).to.include('aborted');
    });

    it('throws what happened; nothing is taken for absent', async () => {
      const key = newKey();
      await put(key, Buffer.from('x'));
      await proxy.close();
      for (const attempt of [
        away.read(key),
        away.stat(key),
        away.copy(key, newKey()),
        away.remove([key]),
        away.put(newKey(), Readable.from(['x']), PNG),
        away.putSlice('u', { index: 0, offset: 0, size: 1 }, Buffer.from('x')),
        away.withLocalFile(key, async () => 1),
      ].map(fails))
        expect(await attempt).to.include('ECONNREFUSED');
      const nowhere = s3Objects({ ...place, bucket: 'no-such-bucket' });
      expect(await fails(nowhere.read(key))).to.include('NoSuchBucket');
      const stranger = s3Objects({ ...place, secretAccessKey: 'wrong' });
      expect(await fails(stranger.read(key))).to.include('SignatureDoesNotMatch');
    });

    it('gives up on a server that accepts and says nothing', async () => {
      const silent = createServer(socket => socket.on('error', () => undefined));
      await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as AddressInfo;
      const limits = { answer: 200, transfer: 300 };
      const waiting = s3Objects({ ...place, endpoint: `http://127.0.0.1:${port}` }, limits);
      const attempts = [
        waiting.read('a/b'),
        waiting.stat('a/b'),
        waiting.put('a/b', cutAt(6 * MIB, new Error('not reached')), PNG),
        waiting.joinSlices('u', placesOf([1]), 'a/b', PNG),
        waiting.remove(['a/b']),
        waiting.dropSlices('u'),
      ].map(fails);
      for (const attempt of attempts) expect(await attempt).to.match(/TimeoutError/);
      silent.close();
    });
  });
});
