import { expect } from 'chai';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ObjectStore } from '../../src/domain/ports.ts';
import { s3Objects } from '../../src/services/objects/s3.ts';
import { newKey, type ChatClient, type Message } from '../helpers/client.ts';
import { pdf } from '../helpers/documents.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { bearer, get, sendFile, sha256, sharedDisk, someBytes } from '../helpers/files.ts';
import { guests, roomOf } from '../helpers/party.ts';
import { expectTools, heic, phonePicture, twoColours, video } from '../helpers/pictures.ts';
import { testBucket } from '../helpers/s3.ts';

const fileOf = (message: Message) => message.data.content.files![0]!;

const STORAGES: Record<string, () => Promise<ObjectStore>> = {
  'on a disk': () => Promise.resolve(sharedDisk()),
  'on S3': async () => s3Objects(await testBucket()),
};

for (const [where, makeObjects] of Object.entries(STORAGES)) {
  describe(`files that people send, ${where}`, () => {
    let engine: Engine;
    let objects: ObjectStore;
    let ann: ChatClient;
    let bob: ChatClient;
    let roomId: string;
    let folder: string;
    before(async function () {
      this.timeout(60_000);
      await expectTools();
      folder = await mkdtemp(join(tmpdir(), 'madang-sent-'));
      objects = await makeObjects();
      engine = await startEngine({ objects, env: { PUBLIC_URL: 'https://chat.example.com' } });
      [ann, bob] = await guests(engine, 'ann', 'bob');
      roomId = (await roomOf([ann, bob]))._id;
    });
    after(async () => {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** As a browser reads it: a redirect is followed, without the token. */
    async function read(path: string, headers = bearer(engine.token(bob.userId))) {
      const got = await get(engine.url, path, headers);
      if (objects.kind === 'disk') return got;
      expect(got.status).to.equal(302);
      expect(got.headers.get('cache-control')).to.equal('no-store');
      const link = got.headers.get('location')!;
      expect(link).to.include('X-Amz-Expires=60');
      const answer = await fetch(link);
      return {
        status: answer.status,
        headers: answer.headers,
        bytes: Buffer.from(await answer.arrayBuffer()),
      };
    }

    async function sent(bytes: Buffer, type: 'PHOTO' | 'VIDEO' | 'FILE', name: string) {
      const message = await sendFile(ann, roomId, bytes, { type, name, slice: 50_000 });
      const file = fileOf(message);
      const got = await read(file.url);
      expect([got.status, sha256(got.bytes)], name).to.deep.equal([200, sha256(bytes)]);
      expect(got.headers.get('content-type')).to.equal(file.mimeType);
      return { message, file, got, type: message.data.type };
    }

    async function thumbnailOf(file: { thumbnail?: string }) {
      const got = await read(file.thumbnail!);
      expect([got.status, got.headers.get('content-type')]).to.deep.equal([200, 'image/jpeg']);
      return sharp(got.bytes).metadata();
    }

    it('a PNG is a PHOTO with its size and a thumbnail', async () => {
      const { type, file, got } = await sent(
        await twoColours(800, 600).png().toBuffer(),
        'PHOTO',
        '그림.png',
      );
      expect([type, file.mimeType, file.frameSize]).to.deep.equal([
        'PHOTO',
        'image/png',
        { width: 800, height: 600 },
      ]);
      expect(got.headers.get('content-disposition')).to.match(
        /^inline; filename="__.png"; filename\*=UTF-8''/,
      );
      const { width, height } = await thumbnailOf(file);
      expect([width, height]).to.deep.equal([320, 240]);
    });

    it('a picture of a phone stands upright, and its place on earth is in no thumbnail', async () => {
      const { type, file } = await sent(await phonePicture(640, 480, 6), 'PHOTO', 'phone.jpg');
      expect([type, file.frameSize]).to.deep.equal(['PHOTO', { width: 480, height: 640 }]);
      const { width, height, exif, orientation } = await thumbnailOf(file);
      expect([width < height, exif, orientation]).to.deep.equal([true, undefined, undefined]);
    });

    it('a HEIC is a PHOTO with a thumbnail that everybody can see', async () => {
      const path = await heic(folder, await twoColours(640, 480).jpeg().toBuffer());
      const { type, file } = await sent(await readFile(path), 'PHOTO', 'IMG_0001.HEIC');
      expect([type, file.frameSize]).to.deep.equal(['PHOTO', { width: 640, height: 480 }]);
      expect((await thumbnailOf(file)).format).to.equal('jpeg');
    });

    it('an mp4 is a VIDEO with its duration, size and a frame as thumbnail', async () => {
      const path = await video(folder, 'clip.mp4', { size: '640x360', seconds: 2 });
      const { type, file } = await sent(await readFile(path), 'VIDEO', '여행.mp4');
      expect(type).to.equal('VIDEO');
      expect(file.duration).to.be.closeTo(2, 0.2);
      expect(file.frameSize).to.deep.equal({ width: 640, height: 360 });
      expect((await thumbnailOf(file)).width).to.equal(320);
    });

    it('a PDF and a text with a Korean name are FILEs of their own type', async () => {
      const document = await sent(pdf(), 'FILE', '계약서.pdf');
      expect([document.type, document.file.mimeType]).to.deep.equal(['FILE', 'application/pdf']);
      const text = await sent(Buffer.from('안녕하세요, 마당입니다.'), 'FILE', '인사말.txt');
      expect(text.file.mimeType).to.equal('text/plain; charset=utf-8');
      expect(text.got.headers.get('content-disposition')).to.include(encodeURIComponent('인사말.txt'));
    });

    it('what is not what its sender says is a FILE, and a page with a script is never shown inside one', async () => {
      const page = Buffer.from('<html><script>alert(document.domain)</script></html>');
      const drawing = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
      for (const [bytes, name] of [
        [page, 'page.png'],
        [drawing, 'drawing.svg'],
        [someBytes(500), 'noise.jpg'],
      ] as const) {
        const { type, file, got } = await sent(bytes, 'PHOTO', name);
        expect([type, file.thumbnail], name).to.deep.equal(['FILE', undefined]);
        expect(got.headers.get('content-disposition'), name).to.match(/^attachment;/);
      }
      const broken = await sent(
        Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), someBytes(900)]),
        'VIDEO',
        'x.mp4',
      );
      expect([broken.type, broken.file.thumbnail]).to.deep.equal(['FILE', undefined]);
    });

    it('every protocol shows it by a link of its own that works for an hour without a token', async () => {
      const bytes = await twoColours(64, 64).png().toBuffer();
      const { message } = await sent(bytes, 'PHOTO', 'dot.png');
      const { no } = await bob.room(roomId);
      const rest = (path: string) =>
        fetch(`${engine.url}${path}`, { headers: bearer(engine.token(bob.userId)) }).then(answer =>
          answer.json(),
        );
      const fed = (await rest(`/api/v1/chat/rooms/${no}/messages`)) as { data: { file_url: string }[] };
      const lines = (await rest(`/api/chatrooms/message/${no}/-1/1`)) as { content: string }[];
      for (const link of [fed.data.at(-1)!.file_url, lines.at(-1)!.content]) {
        expect(link).to.match(
          new RegExp(`^https://chat\\.example\\.com/files/${fileOf(message).path}\\?sig=.+&exp=\\d+$`),
        );
        const got = await read(link.slice('https://chat.example.com'.length), {} as never);
        expect(sha256(got.bytes)).to.equal(sha256(bytes));
      }
    });

    if (where === 'on S3')
      it('takes bytes that were put directly to a link; what is put afterwards changes nothing', async () => {
        const bytes = await twoColours(300, 200).png().toBuffer();
        const post = async (path: string, body: object) => {
          const answer = await fetch(`${engine.url}/files/${path}`, {
            method: 'POST',
            headers: { ...bearer(engine.token(ann.userId)), 'content-type': 'application/json' },
            body: JSON.stringify(body),
          });
          return { status: answer.status, body: (await answer.json()) as Record<string, any> };
        };
        const announced = {
          roomId,
          syncKey: newKey(),
          type: 'PHOTO',
          name: 'direct.png',
          size: bytes.length,
        };
        const { body: link } = await post('presign', announced);
        const complete = () => post('complete', { uploadId: link['uploadId'] });
        const early = await complete();
        expect([early.status, early.body['error']]).to.deep.equal([404, 'FILE_NO_EXISTS_WITH_SYNC_KEY']);
        const put = (body: Buffer) => fetch(link['url'], { method: 'PUT', headers: link['headers'], body });
        expect((await put(someBytes(bytes.length + 1))).status, 'another size').to.equal(403);
        expect((await put(bytes)).status).to.equal(200);
        const { body } = await complete();
        const [file] = body['message'].data.content.files;
        expect([body['message'].data.type, file.frameSize]).to.deep.equal([
          'PHOTO',
          { width: 300, height: 200 },
        ]);
        await put(someBytes(bytes.length));
        expect(sha256((await read(file.url)).bytes)).to.equal(sha256(bytes));
        expect((await post('presign', announced)).body['error']).to.equal('SYNC_KEY_CONFLICT');
      });
  });
}
