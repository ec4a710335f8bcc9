import type { Chat } from '../chat.ts';
import { ChatError, type ErrorCode } from '../errors.ts';
import { ADMIN_ID } from '../model.ts';
import type { Import, ImportProgress } from '../ports.ts';
import type { ImportLine, ReadLine } from './lines.ts';
import { ImportMessages, type Outcome } from './messages.ts';
import { ImportPeople } from './people.ts';
import { ImportRooms } from './rooms.ts';
import { parseLine, type TextPage } from './text.ts';

/** Errors that are told one by one; all are counted. */
export const MAX_ERRORS = 100;
const LONGEST_MESSAGE = 300;

export const nothingDone = (): ImportProgress => ({
  line: 0,
  offset: 0,
  counts: { users: 0, rooms: 0, messages: 0, skipped: 0, errors: 0 },
  errors: [],
});

/** One node's work on an import, page by page. A line that is refused does not keep the others out. */
export class ImportWork implements Outcome {
  readonly progress: ImportProgress;
  readonly #read: ReadLine;
  readonly #people: ImportPeople;
  readonly #rooms: ImportRooms;
  readonly #messages: ImportMessages;

  constructor(chat: Chat, job: Import, read: ReadLine) {
    // What earlier lines said is only known to whoever read them, unless it was written.
    this.progress = job.validate ? nothingDone() : structuredClone(progressOf(job));
    this.#read = read;
    this.#people = new ImportPeople(chat, job.validate);
    this.#rooms = new ImportRooms(chat, job, this.#people);
    const parts = { rooms: this.#rooms, people: this.#people, outcome: this };
    this.#messages = new ImportMessages(chat, job, parts);
  }

  /** Does a page. Throws when a store does not answer; then another attempt begins with the same page. */
  async page(page: TextPage): Promise<void> {
    const lines: { line: number; input: ImportLine }[] = [];
    for (const text of page.lines) {
      await this.#guarded(text.line, () => {
        const value = parseLine(text);
        if (value !== undefined) lines.push({ line: text.line, input: this.#read(value) });
      });
    }
    await this.#people.begin(authorsOf(lines.map(({ input }) => input)));
    for (const { line, input } of lines) await this.#guarded(line, () => this.#take(line, input));
    await this.#people.flush();
    await this.#messages.flush();
    this.progress.line = page.line;
    this.progress.offset = page.offset;
  }

  done(kind: 'users' | 'rooms' | 'messages' | 'skipped', count: number): void {
    this.progress.counts[kind] += count;
  }

  fault(line: number, code: ErrorCode, message: string): void {
    this.progress.counts.errors++;
    const { errors } = this.progress;
    if (errors.length < MAX_ERRORS) errors.push({ line, code, message: message.slice(0, LONGEST_MESSAGE) });
    // Some faults are only found when the page is written.
    errors.sort((a, b) => a.line - b.line);
  }

  async #take(line: number, input: ImportLine): Promise<void> {
    switch (input.type) {
      case 'user':
        this.#people.enter(input.user);
        return this.done('users', 1);
      case 'room':
        // People of earlier lines come before the members.
        await this.#people.flush();
        await this.#rooms.open(line, input);
        return this.done('rooms', 1);
      case 'message':
        return this.#messages.add(line, input);
    }
  }

  async #guarded(line: number, work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      this.fault(line, error.code, error.message);
    }
  }
}

const progressOf = ({ line, offset, counts, errors }: Import): ImportProgress => ({
  line,
  offset,
  counts,
  errors,
});

function authorsOf(lines: readonly ImportLine[]): Set<string> {
  const ids = lines.flatMap(line => (line.type === 'message' ? [line.author.authorId] : []));
  return new Set(ids.filter(id => id !== ADMIN_ID));
}
