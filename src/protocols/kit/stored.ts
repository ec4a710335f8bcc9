import type { Response } from 'express';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { LinkOptions, ObjectStore } from '../../domain/ports.ts';

/** Giving out stored objects over HTTP: files of messages and exports alike. */

/** A link that S3 answers itself, in seconds. */
const REDIRECT_SECONDS = 60;

/** Sends the reader to where the object is; false, with nothing answered, where it is had from here alone (disk). */
export async function redirectToStored(
  response: Response,
  objects: ObjectStore,
  key: string,
  shown: Omit<LinkOptions, 'seconds'>,
): Promise<boolean> {
  const link = await objects.link(key, { ...shown, seconds: REDIRECT_SECONDS });
  if (!link) return false;
  response.set('cache-control', 'no-store').redirect(302, link);
  return true;
}

/** Answers with these bytes to their end; a reader that goes away is no fault of ours. */
export async function sendStored(response: Response, stream: Readable): Promise<void> {
  await pipeline(stream, response).catch((error: unknown) => {
    if (!response.destroyed) throw error;
  });
}
