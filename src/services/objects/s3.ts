import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ObjectStore } from '../../domain/ports.ts';
import { beyond, checkKey, checkPrefix, checkRange, UPLOADS } from './keys.ts';
import { COPY, isBeyond, orMissing, s3Clients, type S3Options } from './s3-client.ts';
import { bucketLists, statFrom } from './s3-lists.ts';
import { s3Slices } from './s3-slices.ts';
import { s3Transfer, type Transfer } from './s3-transfer.ts';

/**
 * Objects in a bucket. A slice of an upload is an object `uploads/<uploadId>/<index>`. What is acknowledged is as
 * durable as S3 makes it. Needs the rights to get, put, delete and list objects and to list and abort multipart
 * uploads. Nothing is asked of S3 before the first call. `patience`: milliseconds until an answer, or one to bytes.
 */
export function s3Objects(
  options: S3Options,
  patience: { answer?: number; transfer?: number } = {},
): ObjectStore {
  const Bucket = options.bucket;
  const clients = s3Clients(options, patience);
  const { ask, soon } = clients;
  const transfer = s3Transfer(clients, Bucket);
  const lists = bucketLists(clients, Bucket);
  const read = s3Read(transfer);

  const stat: ObjectStore['stat'] = async key => {
    checkKey(key);
    const head = new HeadObjectCommand({ Bucket, Key: key });
    const found = await orMissing(ask.send(head, soon));
    return found && statFrom({ ...found, Size: found.ContentLength });
  };

  return {
    kind: 's3',
    ...s3Slices({ client: ask, bucket: Bucket, transfer, lists, stat }),
    ...s3Links(ask, Bucket),
    read,
    stat,

    async put(key, body, { mimeType }) {
      try {
        checkKey(key);
        return await transfer.send(key, body, mimeType);
      } catch (error) {
        body.destroy();
        throw error;
      }
    },

    async copy(from, to) {
      checkKey(to);
      if (from === to) return (await stat(from)) !== null;
      checkKey(from);
      const copy = new CopyObjectCommand({ Bucket, Key: to, CopySource: `${Bucket}/${from}` });
      return (await orMissing(ask.send(copy, { requestTimeout: COPY }))) !== null;
    },

    async remove(keys) {
      keys.forEach(checkKey);
      await lists.remove(keys);
    },

    async *list(prefix) {
      checkPrefix(prefix);
      if (prefix === UPLOADS) yield* lists.uploads();
      else yield* lists.objects(prefix);
    },

    async withLocalFile(key, work) {
      const folder = await mkdtemp(join(tmpdir(), 'madang-object-'));
      try {
        const body = await read(key);
        if (!body) return null;
        const path = join(folder, 'object');
        await pipeline(body, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
        return await work(path);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

const s3Read =
  (transfer: Transfer): ObjectStore['read'] =>
  async (key, range) => {
    checkKey(key);
    checkRange(range);
    try {
      return await transfer.open(key, range && `bytes=${range.start}-${range.end}`);
    } catch (error) {
      if (range && isBeyond(error)) throw beyond(key, range.start);
      throw error;
    }
  };

function s3Links(client: S3Client, Bucket: string): Pick<ObjectStore, 'link' | 'uploadLink'> {
  return {
    async link(key, { seconds, mimeType, disposition }) {
      checkKey(key);
      const get = new GetObjectCommand({
        Bucket,
        Key: key,
        ResponseContentType: mimeType,
        ResponseContentDisposition: disposition,
      });
      return getSignedUrl(client, get, { expiresIn: seconds });
    },

    async uploadLink(key, { size, mimeType, seconds }) {
      checkKey(key);
      const put = new PutObjectCommand({
        Bucket,
        Key: key,
        ContentLength: size,
        ContentType: mimeType,
        IfNoneMatch: '*',
      });
      // What is signed, S3 holds the sender to. Every HTTP client sets content-length itself; browsers insist on it.
      const signableHeaders = new Set(['host', 'content-type', 'content-length', 'if-none-match']);
      const url = await getSignedUrl(client, put, { expiresIn: seconds, signableHeaders });
      return { url, headers: { 'content-type': mimeType, 'if-none-match': '*' } };
    },
  };
}
