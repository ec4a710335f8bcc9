import type { Schema } from 'joi';
import type { Chat } from '../../domain/chat.ts';
import { invalid, type ErrorCode } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/model.ts';
import type { Log } from '../../ops/log.ts';
import type { Metrics } from '../../ops/metrics.ts';
import { check } from './schema.ts';
import { failureOf, type Failure } from './wrapper.ts';

/** One event from client to server, declared once: validation, documents and types derive from it. */
export interface EventDef<I = unknown, O = unknown> {
  readonly name: string;
  /** What it does, in one sentence. */
  readonly summary: string;
  readonly payload: Schema;
  /** The `data` of a successful ack. */
  readonly data: Schema;
  readonly errors: readonly ErrorCode[];
  readonly example: unknown;
  /** It carries a slice of a file: larger than other events, and paced by holding its ack back instead of a rate. */
  readonly isSlice?: boolean;
  /** Fields of `data` that stand at the top level of the ack too, where old clients read them. */
  readonly onTop?: readonly string[];
  /** Never set: carries the types of input and output. */
  readonly types?: { input: I; output: O };
}

export const defineEvent = <I, O>(def: Omit<EventDef<I, O>, 'types'>): EventDef<I, O> => def;

/** One event from server to client. */
export interface FrameDef {
  /** A name, or its beginning up to `${…}`. */
  readonly name: string;
  readonly summary: string;
  readonly payload: Schema;
}

/** Whose connection an event came in on. */
export interface Caller {
  actor: UserActor;
  connectionId: string;
  /** Takes over a new token of the same user; only `refreshToken` calls it. */
  renew(token: string): Promise<void>;
}

export type EventHandler<I, O, C = Caller> = (
  chat: Chat,
  caller: C,
  input: I,
) => Promise<O | Encoded> | O | Encoded;

/** Data that is encoded already, from pieces that many answers share. */
export class Encoded {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }

  /** For the ordinary way. */
  toJSON(): unknown {
    return JSON.parse(this.json);
  }
}

/** The envelope of every ack (protocols.md 2). */
export type Ack =
  | { success: true; error: null; data: unknown; [onTop: string]: unknown }
  | { success: false; error: ErrorCode; message: string; data: Record<string, unknown> | null };

export const refusal = ({ error, message, data }: Failure): Ack => ({
  success: false,
  error,
  message,
  data: data ?? null,
});

export interface BoundEvent<C = Caller> {
  def: EventDef;
  handle: EventHandler<never, unknown, C>;
}

/** The events of a namespace by name; `C` is what its handlers know of the caller. */
export class EventTable<C = Caller> {
  readonly #events = new Map<string, BoundEvent<C>>();
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #maxBytes: number;
  readonly #maxSliceBytes: number;
  #running = 0;

  /** `maxBytes`: the largest payload of an event; one with a slice may have `maxSliceBytes` more. */
  constructor(log: Log, metrics: Metrics, maxBytes: number, maxSliceBytes = 0) {
    this.#log = log;
    this.#metrics = metrics;
    this.#maxBytes = maxBytes;
    this.#maxSliceBytes = maxSliceBytes;
  }

  add<I, O>(def: EventDef<I, O>, handle: EventHandler<I, O, C>): void {
    this.#events.set(def.name, {
      def: def,
      handle: handle,
    });
  }

  /** Events that are being answered. */
  get running(): number {
    return this.#running;
  }

  isSlice(name: string): boolean {
    return this.#events.get(name)?.def.isSlice === true;
  }

  get defs(): EventDef[] {
    return [...this.#events.values()].map(({ def }) => def);
  }

  /**
   * Validates, calls, answers. Never throws and never lets a fault out: this is the only way from a socket to a
   * use-case. `args` are the event's arguments as the client sent them, its ack (if any) the last of them.
   */
  async run(chat: Chat, caller: C, name: string, args: readonly unknown[]): Promise<Ack> {
    const bound = this.#events.get(name);
    this.#running++;
    const stop = this.#metrics.eventStarted(bound ? name : 'unknown');
    try {
      if (!bound) throw invalid(`there is no event ${name.slice(0, 64)}`);
      const payload = typeof args[0] === 'function' ? undefined : args[0];
      const maxBytes = this.#maxBytes + (bound.def.isSlice ? this.#maxSliceBytes : 0);
      if (isLarger(payload, maxBytes)) throw invalid(`the payload must not be larger than ${maxBytes} bytes`);
      const input = check(bound.def.payload, payload);
      const data = await bound.handle(chat, caller, input as never);
      stop('ok');
      return { ...onTop(bound.def, data), success: true, error: null, data: data ?? null };
    } catch (error) {
      const failure = failureOf(error, this.#log, name);
      stop(failure.error);
      return refusal(failure);
    } finally {
      this.#running--;
    }
  }
}

function onTop({ onTop: names = [] }: EventDef, data: unknown): Record<string, unknown> {
  const given = names.flatMap(name => {
    const value = (data as Record<string, unknown> | null)?.[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}

/** Whether a payload is larger than `limit` bytes, without encoding it; stops counting as soon as it is. */
export function isLarger(payload: unknown, limit: number): boolean {
  let bytes = 0;
  const stack: unknown[] = [payload];
  while (stack.length > 0 && bytes <= limit) {
    const value = stack.pop();
    if (typeof value === 'string') {
      bytes += value.length * 3 > limit - bytes ? Buffer.byteLength(value) : value.length;
    } else if (Buffer.isBuffer(value)) bytes += value.length;
    else if (value !== null && typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) {
        bytes += key.length + 2;
        stack.push(inner);
      }
    } else bytes += 4;
  }
  return bytes > limit;
}
