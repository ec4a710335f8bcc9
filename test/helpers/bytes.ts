import { Readable } from 'node:stream';
import type { ObjectStore, SlicePlace } from '../../src/domain/ports.ts';

/** All that a stream gives; null for none. */
export async function gather(stream: Readable | null): Promise<Buffer | null> {
  if (!stream) return null;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A stream that fails after so many bytes. */
export function cutAt(length: number, error: Error): Readable {
  let left = length;
  return new Readable({
    read(size) {
      if (left === 0) return void this.destroy(error);
      const chunk = Buffer.alloc(Math.min(left, size));
      left -= chunk.length;
      this.push(chunk);
    },
  });
}

/** What a promise is rejected with, as text. */
export const fails = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'did not fail',
    (error: unknown) => String(error),
  );

/** Places of slices of these sizes, one behind the other. */
export function placesOf(sizes: readonly number[]): SlicePlace[] {
  let offset = 0;
  return sizes.map((size, index) => {
    const place = { index, offset, size };
    offset += size;
    return place;
  });
}

export async function keysBelow(objects: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list(prefix)) keys.push(key);
  return keys.sort();
}
