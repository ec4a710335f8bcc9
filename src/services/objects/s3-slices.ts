import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import type { ObjectStore, SlicePlace } from '../../domain/ports.ts';
import { checkKey, checkSlice, checkUploadId, sizeOfAll, UPLOADS } from './keys.ts';
import type { BucketLists } from './s3-lists.ts';
import type { Transfer } from './s3-transfer.ts';
import { gate, inOrder } from './streams.ts';

/** Each holds a part and what is fetched ahead, 7 MiB; more at once would not be faster, only larger. */
const JOINS_AT_ONCE = 4;

interface Parts {
  client: S3Client;
  bucket: string;
  transfer: Transfer;
  lists: BucketLists;
  stat: ObjectStore['stat'];
}

const slicesOf = (uploadId: string): string => {
  checkUploadId(uploadId);
  return `${UPLOADS}${uploadId}/`;
};

const sliceKey = (uploadId: string, { index }: SlicePlace): string =>
  slicesOf(uploadId) + String(index).padStart(10, '0');

/** A slice is smaller than what S3 takes as a part of an upload, so it is an object until they are joined. */
export function s3Slices({
  client,
  bucket,
  transfer,
  lists,
  stat,
}: Parts): Pick<ObjectStore, 'putSlice' | 'joinSlices' | 'dropSlices'> {
  const joining = gate(JOINS_AT_ONCE);
  return {
    async putSlice(uploadId, slice, bytes) {
      checkSlice(slice, bytes);
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: sliceKey(uploadId, slice), Body: bytes }),
      );
    },

    async joinSlices(uploadId, slices, key, { mimeType }) {
      checkUploadId(uploadId);
      checkKey(key);
      const size = sizeOfAll(slices);
      await joining(async () => {
        if ((await stat(key))?.size === size) return;
        const bytes = inOrder(slices, (slice, signal) =>
          transfer.fetch(sliceKey(uploadId, slice), slice.size, signal),
        );
        await transfer.send(key, Readable.from(bytes, { objectMode: false }), mimeType, size);
      });
    },

    dropSlices: async uploadId => lists.removeBelow(slicesOf(uploadId)),
  };
}
