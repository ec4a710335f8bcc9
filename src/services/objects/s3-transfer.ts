import { GetObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Readable } from 'node:stream';
import { IDLE, orMissing, type S3Clients } from './s3-client.ts';
import { counted, guarded, wholeOf } from './streams.ts';

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

/** Bytes to and from a bucket, in bounded memory: twice a part for each that is sent. */
export function s3Transfer({ ask, load }: S3Clients, Bucket: string): Transfer {
  const open: Transfer['open'] = async (Key, Range, abortSignal) => {
    const get = new GetObjectCommand({ Bucket, Key, Range });
    const found = await orMissing(load.send(get, abortSignal ? { abortSignal } : {}));
    return found && guarded(found.Body as Readable, IDLE);
  };
  return {
    open,

    /** A failure on either side aborts the parts at S3 and destroys the stream. */
    async send(Key, body, ContentType, size = 0) {
      const { stream, size: sent } = counted(body);
      const partSize = Math.max(PART, Math.ceil(size / MAX_PARTS));
      try {
        const params = { Bucket, Key, Body: stream, ContentType };
        await new Upload({ client: ask, params, partSize, queueSize: 1 }).done();
      } finally {
        stream.destroy();
      }
      return sent();
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
