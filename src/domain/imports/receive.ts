import { pipeline, Transform, type Readable } from 'node:stream';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { isId, newId } from '../ids.ts';
import type { PlatformActor } from '../model.ts';
import type { Import } from '../ports.ts';
import { objectOf } from './importer.ts';
import { nothingDone } from './work.ts';

/** Lines of a file: what a validation remembers of each has to find room in memory. */
export const MAX_LINES = 4_000_000;
/** Imports of a key that are not finished. */
export const MAX_UNFINISHED = 10;
const ASK_AGAIN = 60_000;
const LF = 0x0a;

/**
 * Stores the body of an import, however large, and returns the job that is then worked on in the background.
 * Errors: FILE_TOO_LARGE, INVALID_PAYLOAD (an empty body), RATE_LIMITED (too many that are not finished).
 */
export async function receiveImport(
  chat: Chat,
  actor: PlatformActor,
  input: { body: Readable; validate: boolean },
): Promise<Import> {
  const { stores, imports } = chat;
  if ((await stores.imports.unfinished(actor.keyId)) >= MAX_UNFINISHED)
    throw new ChatError('RATE_LIMITED', `${MAX_UNFINISHED} imports of this key are not finished.`, {
      retryAfterMs: ASK_AGAIN,
    });
  const job = newJob(chat, actor, input.validate);
  const { holder, until } = imports.hold(job.id);
  try {
    await stores.imports.begin(job, holder, until);
    const size = await store(chat, job.id, input.body);
    if (size === 0) throw invalid('the body has no lines');
    if (!(await stores.imports.received(job.id, size)))
      throw new ChatError('TEMPORARILY_UNAVAILABLE', 'The body took too long.');
  } catch (error) {
    // What cannot be cleared now is found when nobody holds it any more.
    await imports
      .giveUp(job.id)
      .catch((fault: unknown) => chat.reporter.problem('giving up the body of an import', fault));
    throw error;
  } finally {
    imports.letGo(job.id);
  }
  imports.look();
  return job;
}

/** Resolves with the number of bytes. */
async function store(chat: Chat, id: string, body: Readable): Promise<number> {
  const counted = new Counted(chat.limits.maxImportBytes);
  // Either of the two ends the other; what went wrong is told by `put`.
  pipeline(body, counted, () => undefined);
  try {
    return await chat.files.objects.put(objectOf(id), counted, { mimeType: 'application/x-ndjson' });
  } catch (error) {
    throw counted.refusal ?? error;
  }
}

/** The same bytes, as long as they are not too many. */
class Counted extends Transform {
  refusal: ChatError | null = null;
  readonly #maxBytes: number;
  #bytes = 0;
  #lines = 0;

  constructor(maxBytes: number) {
    super();
    this.#maxBytes = maxBytes;
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: Error | null, chunk?: Buffer) => void) {
    this.#bytes += chunk.length;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) this.#lines++;
    if (this.#bytes > this.#maxBytes)
      this.refusal = new ChatError('FILE_TOO_LARGE', `An import may have ${this.#maxBytes} bytes.`);
    else if (this.#lines > MAX_LINES)
      this.refusal = new ChatError('FILE_TOO_LARGE', `An import may have ${MAX_LINES} lines.`);
    done(this.refusal, chunk);
  }
}

const newJob = (chat: Chat, { keyId, links }: PlatformActor, validate: boolean): Import => ({
  ...nothingDone(),
  id: newId(chat.clock.now()),
  keyId,
  links,
  validate,
  state: 'receiving',
  failure: null,
  size: 0,
  tries: 0,
  createdAt: new Date(chat.clock.now()),
  startedAt: null,
  finishedAt: null,
});

/** An import of this key; a key that may touch all links sees those of all keys. Errors: NOT_FOUND. */
export async function getImport(chat: Chat, actor: PlatformActor, id: string): Promise<Import> {
  const job = isId(id) ? await chat.stores.imports.byId(id) : null;
  if (!job || (job.keyId !== actor.keyId && actor.links !== null))
    throw new ChatError('NOT_FOUND', 'There is no such import.');
  return job;
}
