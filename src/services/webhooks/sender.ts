import { lookup } from 'node:dns/promises';
import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { SendOutcome, WebhookSender } from '../../domain/ports.ts';
import { Allowed, isPublic } from './address.ts';

export interface SenderOptions {
  /** Only https. */
  production: boolean;
  /** Names, addresses and networks that are allowed although they are not public. */
  allow: readonly string[];
  /** Milliseconds for everything: name, connection, request and answer. */
  timeout?: number;
  /** How names become addresses; replaced in tests. */
  resolve?: (name: string) => Promise<readonly Found[]>;
}

interface Found {
  address: string;
  family: number;
}

const TIMEOUT = 10_000;
/** An answer is not read further than this, in bytes. */
const MAX_ANSWER = 1_024;
const MAX_URL = 2_048;

/** Posts over Node's own client, to the very addresses that were checked. */
export function webhookSender(options: SenderOptions): WebhookSender {
  const allowed = new Allowed(options.allow);
  const resolve = options.resolve ?? (name => lookup(name, { all: true, verbatim: true }));

  /** Every address of the name, all of which must be allowed. Throws a `Refused`, or what the resolver says. */
  async function addressesOf({ hostname }: URL): Promise<readonly Found[]> {
    const name = hostname.replace(/^\[|\]$/g, '');
    const family = isIP(name);
    const found = family === 0 ? await resolve(name) : [{ address: name, family }];
    if (found.length === 0) throw new Error('the name has no address');
    const wrong = found.find(({ address }) => !isPublic(address) && !allowed.has(name, address));
    if (wrong) throw new Refused('leads to an address that is not public');
    return found;
  }

  return {
    async refusal(text) {
      const url = URL.parse(text);
      const schemes = options.production ? ['https:'] : ['https:', 'http:'];
      if (!url || text.length > MAX_URL) return 'must be an address';
      if (!schemes.includes(url.protocol))
        return `must be an ${options.production ? 'https' : 'http or https'} address`;
      if (url.username !== '' || url.password !== '') return 'must not have a user or a password';
      try {
        await addressesOf(url);
        return null;
      } catch (error) {
        return error instanceof Refused ? error.message : null;
      }
    },

    async post(text, headers, body, signal) {
      const started = performance.now();
      const time = AbortSignal.timeout(options.timeout ?? TIMEOUT);
      const outcome = await attempt().catch((error: unknown) =>
        nothing(time.aborted ? 'no answer in time' : reasonOf(error)),
      );
      return { ...outcome, duration: Math.round(performance.now() - started) };

      async function attempt(): Promise<Omit<SendOutcome, 'duration'>> {
        const url = new URL(text);
        if (options.production && url.protocol !== 'https:') return nothing('must be an https address');
        const either = AbortSignal.any([time, signal]);
        const found = await abortable(addressesOf(url), either);
        return post(url, { headers, body, signal: either, lookup: pinned(found) });
      }
    },
  };
}

class Refused extends Error {}

const nothing = (error: string) => ({ status: null, error, retryAfter: null });

/** Never the address: it may tell strangers about the inside. */
function reasonOf(error: unknown): string {
  if (error instanceof Refused) return error.message;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'the connection failed';
}

/** A name server that does not answer is not waited for. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error('aborted'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** The connection goes where was looked, whatever the name says by then. */
const pinned =
  (found: readonly Found[]): LookupFunction =>
  (_name, { all }, callback) => {
    if (all) callback(null, [...found]);
    else callback(null, found[0]!.address, found[0]!.family);
  };

interface Post {
  headers: Readonly<Record<string, string>>;
  body: string;
  signal: AbortSignal;
  lookup: LookupFunction;
}

function post(url: URL, { headers, body, signal, lookup }: Post): Promise<Omit<SendOutcome, 'duration'>> {
  const request = url.protocol === 'https:' ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      {
        method: 'POST',
        // A connection of its own: one that is kept could be another address's.
        agent: false,
        lookup,
        signal,
        headers: {
          ...headers,
          'user-agent': 'madang-webhooks',
          'content-length': Buffer.byteLength(body),
        },
      },
      response => {
        resolve(answerOf(response));
        // What it says beyond its status, and whether it ever ends, changes nothing.
        drain(response).catch(() => response.destroy());
      },
    );
    sending.on('error', reject);
    sending.end(body);
  });
}

/** Reads a little of the answer and then no more: its status is all that counts. */
async function drain(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_ANSWER) break;
  }
  response.destroy();
}

function answerOf({ statusCode = 0, headers }: IncomingMessage): Omit<SendOutcome, 'duration'> {
  const isDone = statusCode >= 200 && statusCode < 300;
  return {
    status: statusCode,
    error: isDone ? null : `answered ${statusCode}`,
    retryAfter: secondsOf(headers['retry-after']),
  };
}

/** Seconds, or a date. */
function secondsOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1_000));
}
