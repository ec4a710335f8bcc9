import { pipeline, Transform, type Readable } from 'node:stream';
import type { SlicePlace } from '../../domain/ports.ts';

/** The same bytes. Whichever of the two streams ends first or fails, the other is destroyed with it. */
function through(body: Readable, onChunk: (chunk: Buffer) => void, onEnd: () => void): Transform {
  const out = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onChunk(chunk);
      done(null, chunk);
    },
  });
  // An error is told to whoever reads `out`, and that is enough.
  pipeline(body, out, onEnd);
  return out;
}

/**
 * The same bytes, ending in an error when the other side sends nothing for `idle` ms although they are wanted. A slow
 * reader is not its fault.
 */
export function guarded(body: Readable, idle: number): Readable {
  const timer = setTimeout(() => {
    if (out.readableLength > 0) timer.refresh();
    else out.destroy(Object.assign(new Error(`no bytes for ${idle} ms`), { name: 'TimeoutError' }));
  }, idle);
  timer.unref();
  const out = through(
    body,
    () => timer.refresh(),
    () => clearTimeout(timer),
  );
  return out;
}

/** The same bytes, never without somebody who hears of an error, whenever they are read. */
export const held = (body: Readable): Readable =>
  through(
    body,
    () => undefined,
    () => undefined,
  );

/** All of a stream that is known to be small. Throws when it has another length than it should. */
export async function wholeOf(body: Readable, size: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > size) break;
    chunks.push(chunk);
  }
  if (length !== size) throw new Error(`a slice has not the ${size} bytes that were stored`);
  return Buffer.concat(chunks);
}

/** What is fetched before it is wanted: a request per slice takes long, and a slice has a megabyte at most. */
const AHEAD = { slices: 8, bytes: 2_097_152 };

/** The bytes of the slices in order. When it ends early, nothing goes on. */
export async function* inOrder(
  slices: readonly SlicePlace[],
  fetch: (slice: SlicePlace, signal: AbortSignal) => Promise<Buffer>,
): AsyncGenerator<Buffer> {
  const stop = new AbortController();
  const ahead: { bytes: Promise<Buffer>; size: number }[] = [];
  const waiting = slices.values();
  let bytesAhead = 0;
  let next = waiting.next();
  try {
    for (;;) {
      while (
        !next.done &&
        (ahead.length === 0 || (ahead.length < AHEAD.slices && bytesAhead + next.value.size <= AHEAD.bytes))
      ) {
        const bytes = fetch(next.value, stop.signal);
        // Awaited below; but when an earlier one fails, nobody is there any more.
        bytes.catch(() => undefined);
        ahead.push({ bytes, size: next.value.size });
        bytesAhead += next.value.size;
        next = waiting.next();
      }
      const first = ahead.shift();
      if (!first) return;
      const bytes = await first.bytes;
      bytesAhead -= first.size;
      yield bytes;
    }
  } finally {
    stop.abort();
  }
}

/** Lets `places` pieces of work run at once; the others wait in their order. */
export function gate(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = places;
  const waiting: (() => void)[] = [];
  return async work => {
    if (free > 0) free--;
    else await new Promise<void>(resolve => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
