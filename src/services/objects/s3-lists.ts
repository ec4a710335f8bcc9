import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import type { ObjectStat } from '../../domain/ports.ts';
import { isKey, isUploadId, UPLOADS } from './keys.ts';
import { isNoSuchUpload, type S3Clients } from './s3-client.ts';

type Listed = ObjectStat & { key: string };

/** S3 lists and removes a thousand keys at once. */
const PAGE = 1_000;
/** A multipart upload of that age belongs to nobody any more: its parts are not seen, but paid for. */
const STALE = 24 * 3_600_000;

interface Answer {
  Size?: number | undefined;
  ETag?: string | undefined;
  LastModified?: Date | undefined;
}

export function statFrom({ Size, ETag, LastModified }: Answer): ObjectStat {
  return { size: Size!, etag: ETag!.replaceAll('"', ''), modifiedAt: LastModified! };
}

export interface BucketLists {
  objects(prefix: string): AsyncGenerator<Listed>;
  uploads(): AsyncGenerator<Listed>;
  remove(keys: readonly string[]): Promise<void>;
  removeBelow(prefix: string): Promise<void>;
}

/** What takes many answers of a bucket; one page is in memory at a time. */
export function bucketLists(
  { ask: client, soon }: S3Clients,
  Bucket: string,
  { stale = STALE, page: MaxKeys = PAGE } = {},
): BucketLists {
  async function* all(Prefix: string): AsyncGenerator<Listed> {
    for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix, MaxKeys }, soon)) {
      for (const object of page.Contents ?? []) yield { key: object.Key!, ...statFrom(object) };
    }
  }

  async function sweep(Prefix: string): Promise<void> {
    let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    for (;;) {
      const page = await client.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix, MaxUploads: MaxKeys, ...marker }),
        soon,
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (!isKey(Key!) || Date.now() - Initiated!.getTime() < stale) continue;
        await client
          .send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), soon)
          .catch((error: unknown) => {
            if (!isNoSuchUpload(error)) throw error;
          });
      }
      if (!page.IsTruncated) return;
      marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
  }

  async function remove(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += MaxKeys) {
      const Objects = keys.slice(at, at + MaxKeys).map(Key => ({ Key }));
      const { Errors } = await client.send(
        new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
      );
      const first = Errors?.find(({ Code }) => Code !== 'NoSuchKey');
      if (first) throw new Error(`${first.Key} was not removed: ${first.Code} ${first.Message ?? ''}`);
    }
  }

  return {
    async *objects(prefix) {
      await sweep(prefix);
      for await (const object of all(prefix)) if (isKey(object.key)) yield object;
    },

    /** Slices of an upload stand side by side in the list, so one upload is held at a time. */
    async *uploads() {
      for await (const { of: uploadId, ...upload } of grouped(all(UPLOADS))) {
        if (isUploadId(uploadId)) yield { key: UPLOADS + uploadId, ...upload };
      }
    },

    remove,

    async removeBelow(prefix) {
      let batch: string[] = [];
      for await (const { key } of all(prefix)) {
        if (batch.push(key) < MaxKeys) continue;
        await remove(batch);
        batch = [];
      }
      await remove(batch);
    },
  };
}

/** The slices of each upload as one: their sizes together, the newest date, an etag of all. */
async function* grouped(slices: AsyncIterable<Listed>): AsyncGenerator<ObjectStat & { of: string }> {
  let current = null as (Omit<ObjectStat, 'etag'> & { of: string }) | null;
  let hash = createHash('sha256');
  const etagOfAll = () => hash.digest('hex').slice(0, 32);
  for await (const { key, size, etag, modifiedAt } of slices) {
    const of = key.slice(UPLOADS.length, key.lastIndexOf('/'));
    if (current?.of !== of) {
      if (current) yield { ...current, etag: etagOfAll() };
      current = { of, size: 0, modifiedAt };
      hash = createHash('sha256');
    }
    current.size += size;
    if (modifiedAt > current.modifiedAt) current.modifiedAt = modifiedAt;
    hash.update(`${key} ${etag}\n`);
  }
  if (current) yield { ...current, etag: etagOfAll() };
}
