import { now } from '../stats.ts';
import { LeanWebSocket } from './websocket.ts';

/** What all clients of a process have received, counted where it is cheap. */
export interface Tally {
  deliveries: number;
  deliveryBytes: number;
  updates: number;
  updateBytes: number;
  /** All other events: receipts, changes of rooms. */
  others: number;
  otherBytes: number;
}

export function combine(a: Tally, b: Tally, how: (a: number, b: number) => number): Tally {
  return {
    deliveries: how(a.deliveries, b.deliveries),
    deliveryBytes: how(a.deliveryBytes, b.deliveryBytes),
    updates: how(a.updates, b.updates),
    updateBytes: how(a.updateBytes, b.updateBytes),
    others: how(a.others, b.others),
    otherBytes: how(a.otherBytes, b.otherBytes),
  };
}

const PING = 0x32; // "2" of engine.io
const OPEN = 0x30; // "0" of engine.io
const CONNECTED = 0x30; // "40": the namespace let us in
const EVENT = 0x32; // "42"
const ACK = 0x33; // "43"
const REFUSED = 0x34; // "44"
/** Where the name of an event starts in `42/chat,["name",…`. */
const NAME = 10;
const ACK_ID = '43/chat,'.length;
const SEQ = Buffer.from('"seq":');
const STAMP = Buffer.from('"@');

/** A text that carries when it was meant to be sent; as long as an ordinary chat line. */
export function stampedText(at: number): string {
  return `@${at.toFixed(3)} the quick brown fox jumps over the lazy dog near the river`;
}

/** The whole number that follows a key in a frame, without parsing the rest of it; -1 without one. */
export function numberAfter(frame: Buffer, key: Buffer): number {
  const at = frame.indexOf(key, NAME);
  if (at < 0) return -1;
  let value = 0;
  for (let index = at + key.length; ; index++) {
    const digit = (frame[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
}

/** The `seq` of the message in a delivery or in an ack. */
export function seqOf(frame: Buffer): number {
  return numberAfter(frame, SEQ);
}

/** When the text of a delivery was meant to be sent (`stampedText`), or `undefined`. */
export function stampOf(frame: Buffer): number | undefined {
  const at = frame.indexOf(STAMP, NAME);
  if (at < 0) return undefined;
  const from = at + STAMP.length;
  const value = Number.parseFloat(frame.toString('latin1', from, from + 24));
  return Number.isNaN(value) ? undefined : value;
}

export function isSuccess(frame: Buffer): boolean {
  return frame.includes('"success":true');
}

/**
 * A client that speaks engine.io and Socket.IO by hand. A real socket.io-client parses every frame and
 * costs more than the server that it measures; this one looks at a few bytes of each.
 */
export class LeanClient {
  /** Called for each `listenMessage_…`, with the whole frame, which is overwritten afterwards. */
  onDelivery: ((frame: Buffer) => void) | undefined;
  onClose: (() => void) | undefined;
  private readonly socket: LeanWebSocket;
  private readonly acks = new Map<number, (frame: Buffer | undefined) => void>();
  private lastId = 0;
  private readonly token: string;
  private readonly tally: Tally;
  private readonly entered: (error?: Error) => void;

  private constructor(url: string, token: string, tally: Tally, entered: (error?: Error) => void) {
    this.token = token;
    this.tally = tally;
    this.entered = entered;
    const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
    this.socket = new LeanWebSocket(address, {
      onText: frame => this.onFrame(frame),
      onClose: () => this.closed(),
    });
  }

  /** Resolves when the namespace has accepted the token. */
  static connect(url: string, token: string, tally: Tally): Promise<LeanClient> {
    return new Promise((resolve, reject) => {
      const client: LeanClient = new LeanClient(url, token, tally, error => {
        if (!error) return resolve(client);
        client.terminate();
        reject(error);
      });
    });
  }

  /** Sends an event; `args` is the JSON of its arguments. The ack's frame (for the call only), or `undefined` when the connection ended first. */
  emit(event: string, args: string, onAck: (frame: Buffer | undefined) => void): void {
    const id = ++this.lastId;
    this.acks.set(id, onAck);
    this.socket.send(`42/chat,${id}["${event}"${args === '' ? '' : `,${args}`}]`);
  }

  /** The same as a promise; rejects when the ack is a refusal or the connection ends. */
  ask(event: string, args: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.emit(event, args, frame => {
        if (frame && isSuccess(frame)) resolve(Buffer.from(frame)); // a copy: frames last for the call only
        else reject(new Error(`${event}: ${frame?.toString('utf8', 0, 300) ?? 'the connection ended'}`));
      });
    });
  }

  /** Cuts the connection without a word, as a lost network does. */
  terminate(): void {
    this.socket.terminate();
  }

  private onFrame(frame: Buffer): void {
    if (frame[0] === PING) this.socket.send('3');
    else if (frame[0] === OPEN) this.socket.send(`40/chat,${JSON.stringify({ token: this.token })}`);
    else if (frame[1] === EVENT) this.onEvent(frame);
    else if (frame[1] === ACK) this.onAck(frame);
    else if (frame[1] === CONNECTED) this.entered();
    else if (frame[1] === REFUSED) this.entered(new Error(frame.toString()));
    else this.terminate();
  }

  private onEvent(frame: Buffer): void {
    // Two characters tell the two hot events from all others: u(pdateRoomLastMessage), listen(M)essage_.
    if (frame[NAME] === 0x75) {
      this.tally.updates++;
      this.tally.updateBytes += frame.length;
    } else if (frame[NAME] === 0x6c && frame[NAME + 6] === 0x4d) {
      this.tally.deliveries++;
      this.tally.deliveryBytes += frame.length;
      this.onDelivery?.(frame);
    } else {
      this.tally.others++;
      this.tally.otherBytes += frame.length;
    }
  }

  private onAck(frame: Buffer): void {
    let id = 0;
    for (let index = ACK_ID; ; index++) {
      const digit = (frame[index] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      id = id * 10 + digit;
    }
    const waiting = this.acks.get(id);
    this.acks.delete(id);
    waiting?.(frame);
  }

  private closed(): void {
    this.entered(new Error('closed before the namespace answered'));
    for (const waiting of this.acks.values()) waiting(undefined);
    this.acks.clear();
    this.onClose?.();
  }
}

/** The arguments of one `sendMessage`, stamped with `at`. */
export function sendArgs(roomId: string, syncKey: string, at = now()): string {
  return `{"syncKey":"${syncKey}","roomId":"${roomId}","data":{"type":"TEXT","content":"${stampedText(at)}"}}`;
}
