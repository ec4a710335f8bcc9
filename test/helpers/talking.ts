import { expect } from 'chai';
import fc from 'fast-check';
import type { Bus, BusEvent } from '../../src/domain/ports.ts';
import { newKey, type Answer, type ChatClient, type Message } from './client.ts';
import type { Engine } from './engine.ts';
import { roomOf, uncounted } from './party.ts';
import { someone } from './people.ts';

/** One thing that somebody does with messages, by numbers that are taken modulo what there is. */
export interface Saying {
  kind: 'send' | 'reply' | 'edit' | 'delete' | 'react' | 'unreact' | 'announce' | 'unannounce';
  who: number;
  pick: number;
  word: number;
  /** All that began is waited for. */
  isLast: boolean;
}

const WEIGHTS: [Saying['kind'], number][] = [
  ['send', 3],
  ['reply', 4],
  ['edit', 6],
  ['delete', 2],
  ['react', 6],
  ['unreact', 4],
  ['announce', 2],
  ['unannounce', 1],
];

export const aSaying: fc.Arbitrary<Saying> = fc.record({
  kind: fc.oneof(...WEIGHTS.map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) }))),
  who: fc.nat({ max: 999 }),
  pick: fc.nat({ max: 999 }),
  word: fc.nat({ max: 999 }),
  isLast: fc.nat({ max: 5 }).map(chance => chance === 0),
});

const EMOJI = ['👍', '🎉', '❤️'];
/** What may be answered when somebody else was quicker. */
const LEGAL = ['MESSAGE_NO_EXISTS', 'MESSAGE_IS_NOT_MINE'];

/** A message as it has to be; texts and reactions that were under way together leave more than one possibility. */
interface Expected {
  author: number;
  texts: Set<string>;
  deleted: boolean;
  replyTo: string | null;
  /** `emoji userId` -> whether it is there; null: either. */
  reactions: Map<string, boolean | null>;
}

/** Several people on several nodes, all viewing one room: whatever they do at once, all see the same in the end. */
export class Talking {
  readonly #people: ChatClient[] = [];
  readonly #messages = new Map<string, Expected>();
  readonly #announced: string[] = [];
  /** What is under way at the same moment. */
  #wave: { saying: Saying; target: string | null; text: string; answer: Promise<Answer> }[] = [];
  #roomId = '';

  static async start(nodes: readonly Engine[]): Promise<Talking> {
    const all = new Talking();
    for (const [i, nick] of ['ann', 'bob', 'eve', 'joe'].entries())
      all.#people.push(await nodes[i % nodes.length]!.connect(someone(nick), nick));
    const [ann, ...others] = all.#people as [ChatClient, ...ChatClient[]];
    all.#roomId = (await roomOf([ann, ...others]))._id;
    for (const person of all.#people) await person.do('joinRoom', all.#roomId);
    return all;
  }

  async play(sayings: readonly Saying[]): Promise<void> {
    for (const saying of sayings) {
      this.#say(saying);
      if (saying.isLast) await this.#settle();
    }
    await this.#settle();
    await this.check();
  }

  close(): void {
    for (const person of this.#people) person.close();
  }

  #say(saying: Saying): void {
    const who = this.#people[saying.who % this.#people.length]!;
    const ids = [...this.#messages.keys()];
    const target = ids.length > 0 ? ids[saying.pick % ids.length]! : null;
    const text = `${saying.kind} ${saying.word}`;
    const payload = this.#payload(saying, target, text);
    if (payload) this.#wave.push({ saying, target, text, answer: who.ask(payload.event, payload.data) });
  }

  #payload({ kind, word }: Saying, messageId: string | null, text: string) {
    const roomId = this.#roomId;
    const data = { content: text };
    const emoji = EMOJI[word % EMOJI.length]!;
    if (kind === 'send') return { event: 'sendMessage', data: { roomId, syncKey: newKey(), data } };
    if (kind === 'unannounce') {
      const announcementId = this.#announced.at(-1);
      return announcementId ? { event: 'removeAnnouncement', data: { roomId, announcementId } } : null;
    }
    if (messageId === null) return null;
    switch (kind) {
      case 'reply':
        return { event: 'sendMessage', data: { roomId, syncKey: newKey(), data, replyTo: messageId } };
      case 'edit':
        return { event: 'updateMessage', data: { messageId, data } };
      case 'delete':
        return { event: 'deleteMessage', data: { messageId } };
      case 'react':
        return { event: 'addReaction', data: { messageId, emoji } };
      case 'unreact':
        return { event: 'removeReaction', data: { messageId, emoji } };
      case 'announce':
        return { event: 'addAnnouncement', data: { roomId, messageId } };
    }
  }

  async #settle(): Promise<void> {
    const wave = this.#wave.splice(0);
    const edited = new Map<string, Set<string>>();
    const reacted = new Map<string, Map<string, Set<boolean>>>();
    for (const { saying, target, text, answer: promise } of wave) {
      const answer = (await promise) as Answer<any>;
      const { kind } = saying;
      const author = saying.who % this.#people.length;
      const isAnnouncing = kind === 'announce' || kind === 'unannounce';
      if (!answer.success) {
        expect(isAnnouncing ? [...LEGAL, 'YOU_HAVE_NO_AUTHORIZATION'] : LEGAL, kind).to.include(answer.error);
        continue;
      }
      if (kind === 'send' || kind === 'reply') {
        const replyTo = kind === 'reply' ? target : null;
        const expected = { author, texts: new Set([text]), deleted: false, replyTo, reactions: new Map() };
        this.#messages.set(answer.data.message._id, expected);
      } else if (kind === 'announce') this.#announced.push(answer.data.announcement._id);
      else if (kind === 'delete') this.#messages.get(target!)!.deleted = true;
      else if (kind === 'edit') {
        expect(this.#messages.get(target!)!.author, 'only the author edits').to.equal(author);
        edited.set(target!, (edited.get(target!) ?? new Set()).add(text));
      } else if (!isAnnouncing) {
        const key = `${EMOJI[saying.word % EMOJI.length]} ${this.#people[author]!.userId}`;
        const ofMessage = reacted.get(target!) ?? new Map<string, Set<boolean>>();
        reacted.set(target!, ofMessage.set(key, (ofMessage.get(key) ?? new Set()).add(kind === 'react')));
      }
    }
    for (const [id, texts] of edited) this.#messages.get(id)!.texts = texts;
    for (const [id, keys] of reacted)
      for (const [key, outcomes] of keys)
        this.#messages.get(id)!.reactions.set(key, outcomes.size > 1 ? null : [...outcomes][0]!);
  }

  /** All nodes read the same, it is what was asked for, and each viewer was told just that. */
  async check(): Promise<void> {
    await Promise.all(this.#people.map(person => person.settled()));
    // How many have not read a message goes on changing: it is no part of what is compared.
    const historyOf = async (person: ChatClient) => (await person.history(this.#roomId)).map(uncounted);
    const log = await historyOf(this.#people[0]!);
    for (const message of log) this.#checkMessage(message, log);
    for (const person of this.#people) {
      expect(await historyOf(person), `history of ${person.userId}`).to.deep.equal(log);
      const told = new Map<string, Message>();
      for (const { eventType: _, ...message } of person.of<Message & { eventType: string }>(
        `listenMessage_${this.#roomId}`,
      ))
        told.set(message._id, uncounted(message));
      expect(
        [...told.values()].sort((a, b) => a.seq - b.seq),
        `told to ${person.userId}`,
      ).to.deep.equal(log);
      const room = await person.room(this.#roomId);
      expect(room.lastMessage ?? undefined).to.deep.equal(log.at(-1));
      const frames = person.frames.filter(
        ({ name }) => name === 'listenRoom' || name === 'updateRoomLastMessage',
      );
      const newest = frames.at(-1)?.data as typeof room | undefined;
      if (newest)
        expect([newest.lastMessage, newest.lastAnnouncement]).to.deep.equal([
          room.lastMessage,
          room.lastAnnouncement,
        ]);
      const { list } = await person.do('listAnnouncements', { roomId: this.#roomId });
      expect(list[0] ?? null).to.deep.equal(room.lastAnnouncement);
      for (const { messageId, content } of list) {
        const announced = log.find(({ _id }) => _id === messageId)!;
        expect([announced.status.deleted, content]).to.deep.equal([false, announced.data.content.text]);
      }
    }
  }

  #checkMessage(message: Message, log: readonly Message[]): void {
    const expected = this.#messages.get(message._id)!;
    expect(message.status.deleted, 'deleted or not').to.equal(expected.deleted);
    if (expected.deleted) {
      expect([message.data.content, message.reactions, message.replyTo]).to.deep.equal([{}, [], null]);
      return;
    }
    expect([...expected.texts]).to.include(message.data.content.text);
    const there = new Set(
      message.reactions.flatMap(({ emoji, userIds }) => userIds.map(id => `${emoji} ${id}`)),
    );
    for (const [key, is] of expected.reactions) if (is !== null) expect(there.has(key), key).to.equal(is);
    for (const key of there) expect(expected.reactions.has(key), `${key} was asked for`).to.equal(true);
    if (expected.replyTo === null) return void expect(message.replyTo).to.equal(null);
    const { _id, seq, author, data, status } = log.find(({ _id }) => _id === expected.replyTo)!;
    expect(message.replyTo).to.deep.equal({ _id, seq, author, data, status: { deleted: status.deleted } });
  }
}

/** A bus of several nodes on which each node may hear things late and in another order. */
export class UntidyBus {
  readonly #nodes: { handlers: ((event: BusEvent) => void)[]; waiting: BusEvent[] }[] = [];
  isHeld = false;

  node(): Bus {
    const own = { handlers: [] as ((event: BusEvent) => void)[], waiting: [] as BusEvent[] };
    this.#nodes.push(own);
    return {
      publish: event => {
        for (const node of this.#nodes) {
          if (this.isHeld && node !== own) node.waiting.push(event);
          else node.handlers.forEach(handler => handler(event));
        }
      },
      subscribe: handler => void own.handlers.push(handler),
    };
  }

  /** Says all that was held back, the last first. */
  release(): void {
    this.isHeld = false;
    for (const { handlers, waiting } of this.#nodes)
      for (const event of waiting.splice(0).reverse()) handlers.forEach(handler => handler(event));
  }
}
