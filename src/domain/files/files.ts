import { LRUCache } from 'lru-cache';
import type { Chat } from '../chat.ts';
import type { Media, ObjectStore, Upload } from '../ports.ts';
import { Collector } from './collect.ts';
import { Pacer } from './pacer.ts';
import { Signer } from './signing.ts';

export interface FileLimits {
  maxFileBytes: number;
  maxSliceBytes: number;
  /** Per user; 0 is no limit, as below. */
  uploadBytesPerSecond: number;
  uploadBytesPerDay: number;
  /** Endings of names (without a dot) and content types that nobody may send. */
  blockedFileTypes: readonly string[];
}

export interface FileParts {
  objects: ObjectStore;
  media: Media;
  limits: FileLimits;
}

/** Uploads that this node knows by heart, and places of messages with files. */
const KNOWN_UPLOADS = 10_000;
const KNOWN_PLACES = 50_000;

/** What the use-cases of files share on this node. */
export class Files {
  readonly objects: ObjectStore;
  readonly media: Media;
  readonly limits: FileLimits;
  readonly pacer: Pacer;
  readonly collector: Collector;
  /** Uploads under way, as they are stored, by (user, room, syncKey). */
  readonly known = new LRUCache<string, Upload>({ max: KNOWN_UPLOADS });
  /** How many slices of an upload are counted in the store, by id. */
  readonly saved = new LRUCache<string, number>({ max: KNOWN_UPLOADS });
  /** The `seq` of the message that a file belongs to, by key. */
  readonly places = new LRUCache<string, number>({ max: KNOWN_PLACES });
  readonly #chat: Chat;
  readonly #turns = new Map<string, Promise<unknown>>();
  #signer: Signer | null = null;

  constructor(chat: Chat, { objects, media, limits }: FileParts) {
    this.#chat = chat;
    this.objects = objects;
    this.media = media;
    this.limits = limits;
    this.pacer = new Pacer(limits.uploadBytesPerSecond);
    this.collector = new Collector(chat, this);
  }

  async start(): Promise<void> {
    this.#signer = new Signer(await this.#chat.stores.secrets.get('files'));
    this.collector.start();
  }

  async stop(): Promise<void> {
    await this.collector.stop();
    await Promise.allSettled(this.#turns.values());
  }

  /** Uploads that are worked on at this moment. */
  get busy(): number {
    return this.#turns.size;
  }

  get signer(): Signer {
    if (!this.#signer) throw new Error('files were used before they were started');
    return this.#signer;
  }

  /** One thing at a time is done with an upload on this node, in the order of asking. */
  alone<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(key) ?? Promise.resolve();
    const turn = before.then(work, work);
    const settled = turn
      .catch(() => undefined)
      .finally(() => {
        if (this.#turns.get(key) === settled) this.#turns.delete(key);
      });
    this.#turns.set(key, settled);
    return turn;
  }
}

/** Names an upload among those of all people. */
export const uploadKey = (userId: string, roomId: string, syncKey: string): string =>
  JSON.stringify([userId, roomId, syncKey]);
