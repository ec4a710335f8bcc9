import { PgConnection, type Parameter, type Row } from './pg-connection.ts';

/** A fixed number of connections, opened when first needed; who finds none free waits in line. */
export class PgPool {
  readonly #socketPath: string;
  readonly #size: number;
  readonly #idle: PgConnection[] = [];
  readonly #waiting: ((connection: PgConnection | Promise<PgConnection>) => void)[] = [];
  #open = 0;
  #closed = false;

  constructor(socketPath: string, size: number) {
    this.#socketPath = socketPath;
    this.#size = size;
  }

  async query(text: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    const connection = await this.take();
    try {
      return await connection.query(text, parameters);
    } finally {
      this.give(connection);
    }
  }

  /** For texts that will not come again: nothing of them is kept. */
  async queryOnce(text: string): Promise<Row[]> {
    const connection = await this.take();
    try {
      return await connection.queryOnce(text);
    } finally {
      this.give(connection);
    }
  }

  async take(): Promise<PgConnection> {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (!idle.broken) return idle;
      this.#open--;
    }
    if (this.#closed) throw new Error('the server is shutting down');
    if (this.#open < this.#size) return this.#connect();
    return new Promise<PgConnection>(resolve => this.#waiting.push(resolve));
  }

  give(connection: PgConnection): void {
    const next = this.#waiting.shift();
    if (connection.broken) {
      this.#open--;
      if (next) next(this.#connect());
    } else if (next) next(connection);
    else if (this.#closed) connection.close();
    else this.#idle.push(connection);
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  async #connect(): Promise<PgConnection> {
    this.#open++;
    try {
      return await PgConnection.open(this.#socketPath);
    } catch (error) {
      this.#open--;
      throw error;
    }
  }
}
