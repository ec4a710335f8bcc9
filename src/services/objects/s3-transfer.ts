import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { COPY, IDLE, orMissing, type S3Clients } from './s3-client.ts';
import { held, guarded, wholeOf } from './streams.ts';

/** The least that S3 takes as a part; more is only more memory. */
const PART = 5 * 1_024 * 1_024;
const MAX_PARTS = 10_000;
const TRIES = 3;

export interface Transfer {
  /** Stores a stream of any length (`size` is a hint for very large ones) and resolves with its size. */
  send(key: string, body: Readable, mimeType: string, size?: number): Promise<number>;
  /** The object as a stream that ends, one way or the other; null when it is not there. */
  open(key: string, range?: string, signal?: AbortSignal): Promise<Readable | null>;
  /** An object of some megabytes at most, in memory. Throws when it is not there or not of this size. */
  fetch(key: string, size: number, signal: AbortSignal): Promise<Buffer>;
}

/** Bytes to and from a bucket. */
export function s3Transfer(clients: S3Clients, Bucket: string): Transfer {
  const open: Transfer['open'] = async (Key, Range, abortSignal) => {
    const get = new GetObjectCommand({ Bucket, Key, Range });
    const found = await orMissing(clients.load.send(get, abortSignal ? { abortSignal } : {}));
    return found && guarded(found.Body as Readable, IDLE);
  };
  return {
    open,

    async send(Key, body, ContentType, size = 0) {
      const stream = held(body);
      const parts = partsOf(clients, { Bucket, Key, ContentType });
      try {
        return await inParts(stream, Math.max(PART, Math.ceil(size / MAX_PARTS)), parts);
      } catch (error) {
        await parts.abort();
        throw error;
      } finally {
        stream.destroy();
      }
    },

    /** The SDK repeats requests, but not an answer that broke off. */
    async fetch(key, size, signal) {
      for (let tries = 1; ; tries++) {
        const body = await open(key, undefined, signal);
        if (!body) throw new Error(`${key} is missing`);
        try {
          return await wholeOf(body, size);
        } catch (error) {
          if (tries === TRIES || signal.aborted) throw error;
        }
      }
    },
  };
}

interface Parts {
  /** Sends one more part, when it is known that others follow. The bytes may change once it resolves. */
  add(bytes: Buffer): Promise<void>;
  /** Makes the object of what was added and these last bytes. */
  finish(last: Buffer): Promise<void>;
  abort(): Promise<void>;
}

/**
 * One buffer, filled and sent in turn: a stream takes the memory of one part, whatever its size.
 */
async function inParts(stream: AsyncIterable<Buffer>, partSize: number, parts: Parts): Promise<number> {
  const buffer = Buffer.allocUnsafeSlow(partSize);
  let [filled, size] = [0, 0];
  for await (const chunk of stream) {
    size += chunk.length;
    for (let at = 0; at < chunk.length;) {
      if (filled === partSize) {
        await parts.add(buffer);
        filled = 0;
      }
      const copied = chunk.copy(buffer, filled, at);
      filled += copied;
      at += copied;
    }
  }
  await parts.finish(buffer.subarray(0, filled));
  return size;
}

function partsOf(
  { ask, soon }: S3Clients,
  { ContentType, ...place }: { Bucket: string; Key: string; ContentType: string },
): Parts {
  const done: CompletedPart[] = [];
  let UploadId: string | undefined;

  const add = async (Body: Buffer): Promise<void> => {
    UploadId ??= (await ask.send(new CreateMultipartUploadCommand({ ...place, ContentType }), soon)).UploadId;
    const PartNumber = done.length + 1;
    const { ETag } = await ask.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body }));
    done.push({ PartNumber, ETag });
  };

  return {
    add,

    async finish(last) {
      if (!UploadId)
        return void (await ask.send(new PutObjectCommand({ ...place, ContentType, Body: last })));
      await add(last);
      const complete = { ...place, UploadId, MultipartUpload: { Parts: done } };
      await ask.send(new CompleteMultipartUploadCommand(complete), { requestTimeout: COPY });
    },

    async abort() {
      if (!UploadId) return;
      // What broke is thrown already, and may be S3 itself; what cannot be aborted now goes when it is a day old.
      await ask.send(new AbortMultipartUploadCommand({ ...place, UploadId }), soon).catch(() => undefined);
    },
  };
}
