import { WebSocket } from 'ws';

/** A client that speaks engine.io by hand: it can send what no stock client sends, and stop reading. */
export class RawClient {
  readonly ws: WebSocket;
  /** Every text frame that came. */
  readonly texts: string[] = [];
  readonly closed: Promise<number>;
  readonly #waiting = new Set<() => void>();
  #acks = 0;

  private constructor(ws: WebSocket) {
    this.ws = ws;
    this.closed = new Promise(resolve => ws.once('close', code => resolve(code)));
    ws.on('error', () => undefined);
    ws.on('message', data => {
      const text = (data as Buffer).toString();
      if (text === '2') ws.send('3');
      this.texts.push(text);
      for (const look of [...this.#waiting]) look();
    });
  }

  /** Connected to `/chat` with this token. */
  static async connect(url: string, token: string): Promise<RawClient> {
    const client = new RawClient(
      new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`),
    );
    await client.text(text => text.startsWith('0'));
    client.ws.send(`40/chat,${JSON.stringify({ token })}`);
    await client.text(text => text.startsWith('40/chat,'));
    return client;
  }

  /** Sends an event with this argument as raw JSON; returns the number of its ack. */
  emit(event: string, json: string): number {
    const ack = ++this.#acks;
    this.ws.send(`42/chat,${ack}[${JSON.stringify(event)},${json}]`);
    return ack;
  }

  /** The ack of an event; while the client does not read, it does not come. */
  async ask<T = any>(event: string, json: string): Promise<T> {
    const start = `43/chat,${this.emit(event, json)}[`;
    const text = await this.text(candidate => candidate.startsWith(start));
    return (JSON.parse(text.slice(start.length - 1)) as [T])[0];
  }

  /** The first text frame, already there or to come, that fits. */
  text(fits: (text: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.texts.find(fits);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      void this.closed.then(code => reject(new Error(`closed with ${code}`)));
      look();
    });
  }
}
