import { Delivery } from './messages/delivery.ts';
import { Sequencer } from './messages/sequencer.ts';
import { Events } from './events.ts';
import { Files, type FileParts } from './files/files.ts';
import { idMaker } from './ids.ts';
import type { Bus, Clock, PushSender, Reporter, Stores } from './ports.ts';
import { applyBusEvent } from './rooms/apply.ts';
import { CardCache } from './rooms/cards.ts';
import { Expiry } from './rooms/expiry.ts';
import { Presence } from './presence/presence.ts';
import { Typing } from './presence/typing.ts';
import { Pusher } from './push/pusher.ts';
import { Ledger } from './rooms/ledger.ts';
import { loadRooms, sweep } from './rooms/load.ts';
import { RoomNumbers } from './rooms/numbers.ts';
import { Refresher } from './rooms/refresh.ts';
import { RoomRegistry } from './rooms/registry.ts';
import { Directory } from './users/directory.ts';
import { Quotas } from './quotas.ts';

/** What a chat may grow to. Defaults and units are those of the environment table. */
export interface ChatLimits {
  /** Characters (code points) of a text. */
  maxTextLength: number;
  maxRoomMembers: number;
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
  /** Whom a search for people finds: everybody, or those one shares a room with. */
  userDirectory: 'all' | 'rooms';
}

export interface ChatParts {
  stores: Stores;
  bus: Bus;
  clock: Clock;
  reporter: Reporter;
  push: PushSender;
  limits: ChatLimits;
  files: FileParts;
  /** Milliseconds between tries of a push; for tests. */
  pushPauses?: readonly number[];
  /** How often a node says who is connected to it, and how long it is believed without; for tests. */
  presencePace?: { beat: number; lease: number };
  onBatch?: (size: number, milliseconds: number) => void;
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
  readonly numbers: RoomNumbers;
  readonly presence: Presence;
  readonly typing: Typing;
  readonly push: Pusher;
  readonly directory: Directory;
  readonly quotas: Quotas;
  readonly refresher: Refresher;
  readonly expiry: Expiry;
  readonly files: Files;
  #sweeper: NodeJS.Timeout | null = null;

  constructor(parts: ChatParts) {
    const { stores, bus, clock, reporter, limits } = parts;
    this.stores = stores;
    this.bus = bus;
    this.clock = clock;
    this.reporter = reporter;
    this.limits = limits;
    this.events = new Events(reporter);
    this.registry = new RoomRegistry(ids => loadRooms(stores, clock, ids));
    this.cards = new CardCache(stores);
    this.ledger = new Ledger({ stores, events: this.events, clock, reporter });
    this.delivery = new Delivery({
      log: stores.log,
      members: stores.members,
      events: this.events,
      reporter,
      onDoubt: live => this.sequencer.doubt(live),
      onDirty: live => this.ledger.headMoved(live),
    });
    const ids = idMaker();
    this.sequencer = new Sequencer({
      newId: ids,
      log: stores.log,
      clock,
      reporter,
      publish: (live, messages, joined) =>
        bus.publish({ type: 'messages', roomId: live.id, messages, joined }),
      ...(parts.onBatch ? { onBatch: parts.onBatch } : {}),
    });
    this.numbers = new RoomNumbers(stores.rooms);
    this.presence = new Presence(this, parts.presencePace);
    this.typing = new Typing(this);
    this.push = new Pusher(this, {
      sender: parts.push,
      ids,
      ...(parts.pushPauses ? { pauses: parts.pushPauses } : {}),
    });
    this.directory = new Directory(this);
    this.quotas = new Quotas(limits, clock);
    this.refresher = new Refresher(this);
    this.expiry = new Expiry(this);
    this.files = new Files(this, parts.files);
    bus.subscribe(event => applyBusEvent(this, event));
  }

  /** Finishes what a crash left behind. Resolves when room lists are exact. */
  async start(): Promise<{ healedRooms: number }> {
    await sweep(this.stores, this.clock, this.reporter);
    const healedRooms = await this.ledger.heal(this.registry, live => this.sequencer.ensureHead(live));
    this.#sweeper = setInterval(() => void sweep(this.stores, this.clock, this.reporter), SWEEP_EVERY);
    this.#sweeper.unref();
    await this.files.start();
    this.refresher.start();
    this.expiry.start();
    this.push.start();
    return { healedRooms };
  }

  /** Answers what is under way and writes what was gathered. */
  async stop(): Promise<void> {
    if (this.#sweeper) clearInterval(this.#sweeper);
    this.refresher.stop();
    this.typing.stop();
    await this.presence.stop();
    await this.expiry.stop();
    await this.files.stop();
    await this.sequencer.drain();
    this.sequencer.stop();
    await this.push.stop();
    await this.ledger.flush();
    this.ledger.stop();
  }
}
