import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import type { PushSender } from '../../src/domain/ports.ts';
import { fcmSender } from '../../src/services/push/fcm.ts';

/** A message as FCM's HTTP API gets it. */
export interface FcmMessage {
  token: string;
  data: { type: 'MESSAGE' | 'RETRACT'; roomId: string; messageId: string; badge: string };
  notification?: { title: string; body: string };
  android?: any;
  apns?: any;
  webpush?: any;
}

/** How the provider answers for a token. `hang`: not at all. */
export type Mood = 'ok' | 'unregistered' | 'bad token' | 'too big' | 'internal' | 'unavailable' | 'hang';

const PATIENCE = 8_000;
const fcmError = (code: number, status: string, message: string, errorCode?: string) => ({
  code,
  body: {
    error: {
      code,
      status,
      message,
      details: errorCode
        ? [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode }]
        : [],
    },
  },
});
const ANSWERS: Record<Exclude<Mood, 'hang'>, { code: number; body: object }> = {
  ok: { code: 200, body: { name: 'projects/p/messages/1' } },
  unregistered: fcmError(404, 'NOT_FOUND', 'Requested entity was not found.', 'UNREGISTERED'),
  'bad token': fcmError(
    400,
    'INVALID_ARGUMENT',
    'The registration token is not a valid FCM registration token',
    'INVALID_ARGUMENT',
  ),
  'too big': fcmError(400, 'INVALID_ARGUMENT', 'Message too big', 'INVALID_ARGUMENT'),
  internal: fcmError(500, 'INTERNAL', 'Internal error encountered.', 'INTERNAL'),
  unavailable: fcmError(503, 'UNAVAILABLE', 'The service is currently unavailable.', 'UNAVAILABLE'),
};

let pair: { key: string; cert: string } | null = null;

function certificate(): { key: string; cert: string } {
  if (pair) return pair;
  const folder = mkdtempSync(join(tmpdir(), 'fcm-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = 'subjectAltName=DNS:fcm.googleapis.com,DNS:oauth2.googleapis.com,IP:127.0.0.1';
  execFileSync(
    'openssl',
    // oxfmt-ignore
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=fcm.googleapis.com', '-addext', names],
    { stdio: 'ignore' },
  );
  pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true });
  return pair;
}

/** Whatever address the library asks for, it gets the local one; the certificate is checked as ever. */
class LocalAgent extends Agent {
  readonly #port: number;
  readonly #ca: string;

  constructor(port: number, ca: string) {
    super({ keepAlive: true });
    this.#port = port;
    this.#ca = ca;
  }

  override createConnection(options: any, callback: any): TLSSocket {
    const host = options.servername || options.host;
    return connect(
      { ...options, host: '127.0.0.1', port: this.#port, servername: host, ca: this.#ca },
      callback,
    );
  }
}

/** A local FCM below the real library: it takes what FCM takes, and can be out of order in every way. */
export class FakeFcm {
  /** What was taken, in the order of coming. */
  readonly taken: FcmMessage[] = [];
  /** Everything that was asked for, also what was refused. */
  readonly asked: FcmMessage[] = [];
  /** For tokens that begin with the key; the longest key wins. */
  readonly moods = new Map<string, Mood>();
  readonly #server: Server;
  readonly #cert: string;
  readonly #waiting = new Set<() => void>();
  readonly #hanging = new Set<ServerResponse>();
  readonly #senders: { agent: Agent; sender: PushSender }[] = [];

  private constructor() {
    const { key, cert } = certificate();
    this.#cert = cert;
    this.#server = createServer({ key, cert }, (request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<FakeFcm> {
    const fcm = new FakeFcm();
    fcm.#server.listen(0, '127.0.0.1');
    await once(fcm.#server, 'listening');
    return fcm;
  }

  /** The real sender, with the real library, pointed here. */
  sender(): PushSender {
    const agent = new LocalAgent((this.#server.address() as AddressInfo).port, this.#cert);
    const credential = {
      getAccessToken: () => Promise.resolve({ access_token: 't', expires_in: 3_600 }),
    };
    const sender = fcmSender({ projectId: 'p', httpAgent: agent, credential });
    this.#senders.push({ agent, sender });
    return sender;
  }

  of(token: string, type?: FcmMessage['data']['type']): FcmMessage[] {
    return this.taken.filter(message => message.token === token && (!type || message.data.type === type));
  }

  /** The first push to this token that was taken, already or to come, that fits. */
  async push(token: string, fits: (message: FcmMessage) => boolean = () => true): Promise<FcmMessage> {
    const found = () => this.of(token).find(fits);
    await this.until(`a push to ${token}`, () => found() !== undefined);
    return found()!;
  }

  retraction(token: string, messageId: string): Promise<FcmMessage> {
    return this.push(token, ({ data }) => data.type === 'RETRACT' && data.messageId === messageId);
  }

  until(what: string, look: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        const seen = this.asked.map(({ token, data }) => `${data.type} ${token}`).join(', ');
        reject(new Error(`waited in vain for ${what}; FCM was asked for ${seen || 'nothing'}`));
      }, PATIENCE);
      const check = () => {
        if (!look()) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Ends requests that hang. */
  release(): void {
    for (const response of this.#hanging) response.destroy();
    this.#hanging.clear();
  }

  async close(): Promise<void> {
    this.release();
    for (const { agent, sender } of this.#senders) {
      await sender.close();
      agent.destroy();
    }
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { message } = JSON.parse(text) as { message: FcmMessage };
    this.asked.push(message);
    const mood = this.#moodOf(message.token);
    if (mood === 'hang') {
      this.#hanging.add(response);
    } else {
      const { code, body } = ANSWERS[mood];
      if (mood === 'ok') this.taken.push(message);
      response.writeHead(code, { 'content-type': 'application/json', 'retry-after': '0' });
      response.end(JSON.stringify(body));
    }
    for (const look of [...this.#waiting]) look();
  }

  #moodOf(token: string): Mood {
    const keys = [...this.moods.keys()].filter(key => token.startsWith(key));
    const longest = keys.sort((a, b) => b.length - a.length)[0];
    return longest === undefined ? 'ok' : this.moods.get(longest)!;
  }
}
