import { Delivery } from './messages/delivery.ts';
import { Sequencer } from './messages/sequencer.ts';
import { Events } from './events.ts';
import { Exports, type ExportParts } from './exports/exports.ts';
import { Importer } from './imports/importer.ts';
import { Files, type FileParts } from './files/files.ts';
import { Broadcaster } from './broadcasts/broadcaster.ts';
import { idMaker } from './ids.ts';
import type { Bus, Clock, PushSender, Reporter, Stores, WebhookSender } from './ports.ts';
import { applyBusEvent } from './rooms/apply.ts';
import { CardCache } from './rooms/cards.ts';
import { Expiry } from './rooms/expiry.ts';
import { Presence } from './presence/presence.ts';
import { Typing } from './presence/typing.ts';
import { Pusher } from './push/pusher.ts';
import { Ledger } from './rooms/ledger.ts';
import { loadRooms, sweep } from './rooms/load.ts';
import { Audit } from './moderation/audit.ts';
import { BannedWords } from './moderation/banned-words.ts';
import { Blocks } from './moderation/blocks.ts';
import { SlowMode } from './moderation/slow-mode.ts';
import { RoomNumbers } from './rooms/numbers.ts';
import { Refresher } from './rooms/refresh.ts';
import { RoomRegistry } from './rooms/registry.ts';
import { StatsDesk } from './stats.ts';
import { Stream } from './stream/stream.ts';
import { Indexer } from './search/indexer.ts';
import { Directory } from './users/directory.ts';
import { Couriers } from './webhooks/couriers.ts';
import { Quotas } from './quotas.ts';

/** What a chat may grow to. Defaults and units are those of the environment table. */
export interface ChatLimits {
  /** Characters (code points) of a text. */
  maxTextLength: number;
  maxRoomMembers: number;
  /** Bytes of an import of rooms and messages. */
  maxImportBytes: number;
  maxUserRooms: number;
  /** Rooms up to this size show all members in `joinUsers`. */
  joinUsersInlineMax: number;
  /** 0 is no limit, as for the others below. */
  newRoomsPerHour: number;
  invitesPerHour: number;
  sendsPerSecond: number;
  sendsBurst: number;
  passwordTriesPerMinute: number;
  /** Card types that members may send; all others come from the platform. */
  memberCardTypes: readonly string[];
  /** Days for which the audit log is kept. */
  auditDays: number;
  /** Whom a search for people finds: everybody, or those one shares a room with. */
  userDirectory: 'all' | 'rooms';
  /** Days that events for platforms and the accounts of their delivery are kept. */
  webhookDays: number;
}

export interface ChatParts {
  stores: Stores;
  bus: Bus;
  clock: Clock;
  reporter: Reporter;
  push: PushSender;
  limits: ChatLimits;
  files: FileParts;
  exports: ExportParts;
  /** Milliseconds between tries of a push; for tests. */
  pushPauses?: readonly number[];
  /** How often a node says who is connected to it, and how long it is believed without; for tests. */
  presencePace?: { beat: number; lease: number };
  onBatch?: (size: number, milliseconds: number) => void;
  webhooks: WebhookSender;
  /** Stores write nothing here, and nobody is told (rehearsal.ts). */
  isRehearsal?: boolean;
}

const SWEEP_EVERY = 60_000;

/** The core that every protocol calls: use-cases take it as their first argument. */
export class Chat {
  readonly stores: Stores;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly limits: ChatLimits;
  readonly events: Events;
  readonly registry: RoomRegistry;
  readonly cards: CardCache;
  readonly ledger: Ledger;
  readonly delivery: Delivery;
  readonly sequencer: Sequencer;
  readonly indexer: Indexer;
  readonly numbers: RoomNumbers;
  readonly presence: Presence;
  readonly typing: Typing;
  readonly push: Pusher;
  readonly directory: Directory;
  readonly quotas: Quotas;
  readonly refresher: Refresher;
  readonly expiry: Expiry;
  readonly files: Files;
  readonly blocks: Blocks;
  readonly words: BannedWords;
  readonly slowMode: SlowMode;
  readonly audit: Audit;
  readonly stream: Stream;
  readonly couriers: Couriers;
  readonly broadcaster: Broadcaster;
  readonly stats: StatsDesk;
  /** What this chat is made of: a rehearsal is made of the same. */
  readonly parts: ChatParts;
  readonly exports: Exports;
  readonly imports: Importer;
  #sweeper: NodeJS.Timeout | null = null;

  constructor(parts: ChatParts) {
    const { stores, clock, reporter, limits } = parts;
    const bus = this.#noting(parts.bus);
    this.parts = parts;
    this.stores = stores;
    this.bus = bus;
    this.clock = clock;
    this.reporter = reporter;
    this.limits = limits;
    this.events = new Events(reporter, parts.isRehearsal);
    // Before whatever publishes: it notes what this node has stored.
    this.stream = new Stream(this, limits.webhookDays);
    this.registry = new RoomRegistry(ids => loadRooms(stores, clock, ids));
    this.cards = new CardCache(stores);
    this.ledger = new Ledger({
      stores,
      events: this.events,
      clock,
      reporter,
      tell: move => bus.publish({ type: 'reads', roomId: move.roomId, move }),
    });
    this.delivery = new Delivery({
      log: stores.log,
      members: stores.members,
      events: this.events,
      reporter,
      onDoubt: live => this.sequencer.doubt(live),
      onDirty: live => this.ledger.headMoved(live),
    });
    this.indexer = new Indexer({ stores, clock, reporter, isOff: parts.isRehearsal ?? false });
    this.events.on('room.removed', ({ live }) => this.indexer.forget(live.id));
    const ids = idMaker();
    this.sequencer = new Sequencer({
      newId: ids,
      log: stores.log,
      clock,
      reporter,
      publish: (live, messages, joined) => {
        bus.publish({ type: 'messages', roomId: live.id, messages, joined });
        this.indexer.stored(live.id, messages);
      },
      ...(parts.onBatch ? { onBatch: parts.onBatch } : {}),
    });
    this.numbers = new RoomNumbers(stores.rooms);
    this.presence = new Presence(this, parts.presencePace);
    this.typing = new Typing(this);
    this.push = new Pusher(this, {
      sender: parts.push,
      ids,
      blockersOf: (authorId, among) => this.blocks.blockersOf(authorId, among),
      ...(parts.pushPauses ? { pauses: parts.pushPauses } : {}),
    });
    this.directory = new Directory(this);
    this.quotas = new Quotas(limits, clock);
    this.refresher = new Refresher(this);
    this.expiry = new Expiry(this);
    this.files = new Files(this, parts.files);
    this.blocks = new Blocks(stores.blocks);
    this.words = new BannedWords(this);
    this.slowMode = new SlowMode(this);
    this.audit = new Audit(stores.audit, clock, reporter, limits.auditDays);
    this.couriers = new Couriers(this, parts.webhooks);
    this.broadcaster = new Broadcaster(this);
    this.stats = new StatsDesk(this);
    this.exports = new Exports(this, parts.exports);
    this.imports = new Importer(this);
    bus.subscribe(event => applyBusEvent(this, event));
  }

  /** Finishes what a crash left behind. Resolves when room lists are exact. */
  async start(): Promise<{ healedRooms: number }> {
    await this.words.start();
    await sweep(this.stores, this.clock, this.reporter);
    const healedRooms = await this.ledger.heal(this.registry, live => this.sequencer.ensureHead(live));
    this.#sweeper = setInterval(() => void sweep(this.stores, this.clock, this.reporter), SWEEP_EVERY);
    this.#sweeper.unref();
    await this.files.start();
    await this.exports.start();
    this.refresher.start();
    this.expiry.start();
    await this.stream.start();
    this.couriers.start();
    this.broadcaster.start();
    this.indexer.start();
    this.push.start();
    this.imports.start();
    return { healedRooms };
  }

  /** Answers what is under way and writes what was gathered. */
  async stop(): Promise<void> {
    if (this.#sweeper) clearInterval(this.#sweeper);
    this.refresher.stop();
    this.words.stop();
    this.typing.stop();
    await this.presence.stop();
    await this.expiry.stop();
    await this.exports.stop();
    await this.imports.stop();
    await this.files.stop();
    await Promise.all([this.broadcaster.stop(), this.couriers.stop()]);
    await this.sequencer.drain();
    this.sequencer.stop();
    await this.stream.stop();
    await this.push.stop();
    await this.ledger.flush();
    this.ledger.stop();
    await this.audit.stop();
    await this.indexer.stop();
  }

  /** What this node publishes is what it has stored: the stream of events notes it. */
  #noting(bus: Bus): Bus {
    return {
      publish: event => {
        this.stream.noticed(event);
        bus.publish(event);
      },
      subscribe: handler => bus.subscribe(handler),
    };
  }
}
