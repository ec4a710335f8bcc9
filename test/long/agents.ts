import { makeToken } from '../../src/protocols/kit/dev.ts';
import { ChatClient, newKey, type Message } from '../helpers/client.ts';
import { SECRET } from '../helpers/engine.ts';
import type { Answered } from '../helpers/witness.ts';

/** What an agent did: without an answer it is tried again until there is one, as a good client does. */
export interface Deed {
  userId: string;
  event: 'sendMessage' | 'updateReadMessage' | 'inviteRoom' | 'kickOutUsers' | 'leaveOutRoom';
  roomId: string;
  payload: any;
  answer: Answered | null;
}

/** A person with one connection, who does something all the time and survives the end of the server. */
export class Agent {
  readonly userId: string;
  readonly deeds: Deed[] = [];
  #client: ChatClient | null = null;
  readonly #random: () => number;

  constructor(userId: string, random: () => number) {
    this.userId = userId;
    this.#random = random;
  }

  get client(): ChatClient {
    return this.#client!;
  }

  async connect(url: string): Promise<void> {
    this.#client = await ChatClient.connect(
      `${url}/chat`,
      makeToken(SECRET, { id: this.userId }, 36_000),
      this.userId,
    );
  }

  /** Acts until the connection ends; `onDone` hears of each answered deed. */
  async work(roomIds: readonly string[], people: readonly string[], onDone: () => void): Promise<void> {
    const ended = new Promise<null>(resolve => this.client.socket.once('disconnect', () => resolve(null)));
    while (this.client.socket.connected) {
      const deed = this.#next(roomIds, people);
      this.deeds.push(deed);
      await this.#attempt(deed, ended);
      if (deed.answer) onDone();
    }
  }

  /** Sends again what had no answer, and every send that was refused for the moment; all have one afterwards. */
  async catchUp(): Promise<void> {
    const never = new Promise<null>(() => undefined);
    for (const deed of this.deeds) {
      const isOpen = deed.answer === null || deed.answer.error === 'TEMPORARILY_UNAVAILABLE';
      if (isOpen && (deed.event === 'sendMessage' || deed.event === 'updateReadMessage'))
        await this.#attempt(deed, never);
      if (isOpen && deed.answer === null && deed.event === 'sendMessage')
        throw new Error(`${this.userId} had no answer to ${JSON.stringify(deed.payload)}`);
    }
  }

  /** Sends the last answered messages once more: the answers must be the same. */
  async repeat(count: number): Promise<[Answered, Answered][]> {
    const sent = this.deeds
      .filter(({ event, answer }) => event === 'sendMessage' && answer?.success)
      .slice(-count);
    return Promise.all(
      sent.map(
        async ({ payload, answer }) =>
          [answer!, await this.client.ask('sendMessage', payload)] as [Answered, Answered],
      ),
    );
  }

  close(): void {
    this.#client?.close();
  }

  #attempt(deed: Deed, ended: Promise<null>): Promise<void> {
    const answered = new Promise<Answered | null>(resolve => {
      this.client.socket
        .timeout(30_000)
        .emit(deed.event, deed.payload, (error: Error | null, answer: Answered) => {
          resolve(error ? null : answer);
        });
    });
    return Promise.race([answered, ended]).then(answer => {
      deed.answer = answer;
    });
  }

  #next(roomIds: readonly string[], people: readonly string[]): Deed {
    const pick = <T>(from: readonly T[]): T => from[Math.floor(this.#random() * from.length)]!;
    const roomId = pick(roomIds);
    const deed = (event: Deed['event'], payload: unknown): Deed => ({
      userId: this.userId,
      event,
      roomId,
      payload,
      answer: null,
    });
    const chance = this.#random();
    if (chance < 0.08) return deed('inviteRoom', { roomId, targetUserIds: [pick(people), pick(people)] });
    if (chance < 0.12) return deed('kickOutUsers', { roomId, targetUserIds: [pick(people)] });
    if (chance < 0.15) return deed('leaveOutRoom', roomId);
    if (chance < 0.25) {
      const seen = this.deeds.filter(({ event, answer }) => event === 'sendMessage' && answer?.success);
      const message: Message | undefined = seen.length > 0 ? pick(seen).answer!.data.message : undefined;
      if (message)
        return {
          ...deed('updateReadMessage', { roomId: message.roomId, messageId: message._id }),
          roomId: message.roomId,
        };
    }
    const syncKey = newKey();
    return deed('sendMessage', { roomId, syncKey, data: { type: 'TEXT', content: `text of ${syncKey}` } });
  }
}
