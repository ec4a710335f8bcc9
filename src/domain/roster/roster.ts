import { randomUUID } from 'node:crypto';
import type { Chat } from '../chat.ts';
import type { RosterAct, RosterEntry } from '../ports.ts';
import { Groups } from './groups.ts';

/** A beat costs a message per node; a node that died is on the lists for as long as the lease. */
const PACE = { beat: 5_000, lease: 15_000 };
/** How long a connection has to show that it lives, in milliseconds. */
export const PATIENCE = 1_000;

interface Held {
  entry: RosterEntry;
  node: string;
}

interface Node {
  version: number;
  heardAt: number;
}

export interface RosterOptions {
  name: string;
  /** Whether a connection of this node answers. */
  isAlive?: (id: string) => Promise<boolean>;
  /** A connection of this node has to give way. */
  oust?: (id: string) => void;
  /** How often a node says that it is there, and how long it is believed without, in milliseconds. */
  pace?: { beat: number; lease: number };
}

/**
 * Who is in which room by a connection, over all nodes, and what they say to each other without its being stored.
 * Each node owns its connections and tells the others over the bus; what was lost is noticed by the running number
 * of a node's changes, and a node that is not heard any more is gone with everybody on it.
 */
export class Roster {
  readonly #chat: Chat;
  readonly #options: RosterOptions;
  readonly #node = randomUUID();
  readonly #rooms = new Groups<Held>(({ entry }) => entry.id);
  readonly #byId = new Map<string, Held>();
  readonly #nodes = new Map<string, Node>();
  /** Whoever waits to hear that a connection lives, by its id. */
  readonly #asking = new Map<string, Set<() => void>>();
  readonly #timer: NodeJS.Timeout;
  #version = 0;

  constructor(chat: Chat, options: RosterOptions) {
    this.#chat = chat;
    this.#options = options;
    chat.bus.subscribe(event => {
      if (event.type === 'roster' && event.roster === options.name && event.node !== this.#node)
        this.#heard(event.node, event.act);
    });
    this.#timer = setInterval(() => this.#beat(), (options.pace ?? PACE).beat);
    this.#timer.unref();
    this.#tell({ do: 'hello' });
  }

  /** In the order of coming. */
  of(room: string): RosterEntry[] {
    return this.#rooms.of(room).map(({ entry }) => entry);
  }

  get(id: string): RosterEntry | null {
    return this.#byId.get(id)?.entry ?? null;
  }

  sizeOf(room: string): number {
    return this.#rooms.sizeOf(room);
  }

  /** A connection of this node is in a room; whoever else it was before, it is this now. */
  put(entry: RosterEntry): void {
    this.#put(this.#node, entry);
    this.#tell({ do: 'put', entry, version: ++this.#version });
  }

  /** A connection of this node is in no room any more. */
  drop(id: string): void {
    if (this.#byId.get(id)?.node !== this.#node) return;
    this.#drop(id);
    this.#tell({ do: 'drop', id, version: ++this.#version });
  }

  /** Says something to the room of a connection of this node. */
  say(from: RosterEntry, text: string): void {
    this.#said(from, text);
    this.#tell({ do: 'say', from, text });
  }

  /** Whether a connection, wherever it is, shows within a second that it lives. */
  async isAlive(id: string): Promise<boolean> {
    const held = this.#byId.get(id);
    if (!held) return false;
    if (held.node === this.#node) return (await this.#options.isAlive?.(id)) ?? false;
    return new Promise(resolve => {
      const asking = this.#asking.get(id) ?? new Set();
      this.#asking.set(id, asking);
      const end = (alive: boolean) => {
        clearTimeout(timer);
        asking.delete(answered);
        if (asking.size === 0) this.#asking.delete(id);
        resolve(alive);
      };
      const answered = () => end(true);
      // The other node itself waits as long as a connection may take; the bus takes its own time.
      const timer = setTimeout(() => end(false), PATIENCE * 2);
      asking.add(answered);
      this.#tell({ do: 'ask', id });
    });
  }

  /** Another connection takes the place of this one. */
  oust(id: string): void {
    const held = this.#byId.get(id);
    if (!held) return;
    if (held.node === this.#node) {
      this.#options.oust?.(id);
      return this.drop(id);
    }
    this.#tell({ do: 'oust', id });
    this.#drop(id);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#tell({ do: 'bye' });
  }

  #tell(act: RosterAct): void {
    this.#chat.bus.publish({ type: 'roster', roster: this.#options.name, node: this.#node, act });
  }

  #heard(node: string, act: RosterAct): void {
    switch (act.do) {
      case 'hello':
        return this.#tell({ do: 'all', entries: this.#own(), version: this.#version });
      case 'all':
        this.#nodes.set(node, { version: act.version, heardAt: performance.now() });
        return this.#replace(node, act.entries);
      case 'put':
        return this.#next(node, act.version, () => this.#put(node, act.entry));
      case 'drop':
        return this.#next(node, act.version, () => this.#drop(act.id));
      case 'beat':
        return this.#next(node, act.version);
      case 'bye':
        this.#nodes.delete(node);
        return this.#replace(node, []);
      case 'say':
        return this.#said(act.from, act.text);
      case 'ask':
        return void this.#answer(act.id);
      case 'answer':
        return this.#asking.get(act.id)?.forEach(answered => answered());
      case 'oust':
        if (this.#byId.get(act.id)?.node === this.#node) this.oust(act.id);
    }
  }

  /** Follows a node's changes one by one; after a gap it is asked for all it has. A beat changes nothing. */
  #next(node: string, version: number, change?: () => void): void {
    const known = this.#nodes.get(node);
    if (known?.version !== (change ? version - 1 : version)) return this.#tell({ do: 'hello' });
    this.#nodes.set(node, { version, heardAt: performance.now() });
    change?.();
  }

  async #answer(id: string): Promise<void> {
    if (this.#byId.get(id)?.node !== this.#node) return;
    if (await this.#options.isAlive?.(id)) this.#tell({ do: 'answer', id });
  }

  #beat(): void {
    this.#tell({ do: 'beat', version: this.#version });
    const now = performance.now();
    const { lease } = this.#options.pace ?? PACE;
    for (const [node, { heardAt }] of this.#nodes) {
      if (now - heardAt < lease) continue;
      this.#nodes.delete(node);
      this.#replace(node, []);
    }
  }

  #own(): RosterEntry[] {
    return [...this.#byId.values()].filter(held => held.node === this.#node).map(({ entry }) => entry);
  }

  #replace(node: string, entries: readonly RosterEntry[]): void {
    const present = new Set(entries.map(entry => entry.id));
    for (const [id, held] of this.#byId) if (held.node === node && !present.has(id)) this.#drop(id);
    for (const entry of entries) this.#put(node, entry);
  }

  #put(node: string, entry: RosterEntry): void {
    const was = this.#byId.get(entry.id)?.entry ?? null;
    if (was && JSON.stringify(was) === JSON.stringify(entry)) return;
    if (was && was.room !== entry.room) this.#drop(entry.id);
    const held = { entry, node };
    this.#byId.set(entry.id, held);
    this.#rooms.put(entry.room, held);
    this.#changed(was?.room === entry.room ? was : null, entry);
  }

  #drop(id: string): void {
    const held = this.#byId.get(id);
    if (!held) return;
    this.#byId.delete(id);
    this.#rooms.drop(held.entry.room, id);
    this.#changed(held.entry, null);
  }

  #changed(was: RosterEntry | null, now: RosterEntry | null): void {
    this.#chat.events.emit('roster.changed', { roster: this.#options.name, was, now });
  }

  #said(from: RosterEntry, text: string): void {
    this.#chat.events.emit('roster.said', { roster: this.#options.name, from, text });
  }
}
