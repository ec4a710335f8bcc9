import { Chat, type ChatParts } from './chat.ts';
import type { Message } from './model.ts';
import type { Bus, BusEvent, MessageChanges, ObjectStore, PushSender, Stores } from './ports.ts';

/**
 * A rehearsal: the same engine over stores that write nothing. A use-case that is called with it makes every check
 * that it always makes, and what it returns is what it would have done. Its rooms are its own, its bus leads nowhere
 * else, its events have no listeners, and nothing of it runs in the background.
 */
export function rehearsalOf({ stores, clock, reporter, limits, files, webhooks, exports }: ChatParts): Chat {
  return new Chat({
    stores: rehearsedStores(stores),
    bus: ownBus(),
    clock,
    reporter,
    limits,
    files: { ...files, objects: rehearsed('objects', files.objects, OBJECTS) },
    // Only asked whether an address is a good one: what delivers is not started.
    webhooks,
    // Nothing is made: its worker is not started.
    exports,
    push: NO_PUSHES,
    isRehearsal: true,
  });
}

/** Nobody is told of what would be. */
const NO_PUSHES: PushSender = {
  maxBatch: 1,
  send: batch => Promise.resolve(batch.map(() => ({ kind: 'refused' as const }))),
  close: () => Promise.resolve(),
};

function ownBus(): Bus {
  const handlers: ((event: BusEvent) => void)[] = [];
  return {
    publish: event => handlers.forEach(handler => handler(event)),
    subscribe: handler => void handlers.push(handler),
  };
}

type Write = (...args: never[]) => unknown;

/** Methods that read as ever, and those that only say what a write would have said. */
interface Part<T> {
  reads: readonly (keyof T)[];
  writes: { readonly [M in keyof T]?: Write };
}
type Rehearsed = { readonly [S in keyof Stores]?: Part<Stores[S]> };

const nothing = () => undefined;

const OBJECTS: Part<ObjectStore> = {
  reads: ['read', 'stat', 'list', 'withLocalFile', 'link'],
  writes: { remove: nothing },
};

/** A method that is not named here is refused, so that nothing new is written by oversight. */
const REHEARSED: Rehearsed = {
  exports: { reads: ['byId', 'unsettled', 'ofAsker'], writes: { add: () => true, remove: nothing } },
  log: {
    reads: ['range', 'after', 'ofType', 'byId', 'bySyncKey', 'headsSince', 'uncounted', 'changedSince'],
    writes: {
      append: (messages: unknown[]) => ({ stored: messages.length }),
      eraseAuthor: nothing,
      removeRoom: nothing,
    },
  },
  rooms: {
    reads: ['byIds', 'idByNo', 'listed', 'withMembers', 'find', 'expiring', 'unfinished'],
    writes: {
      // Numbers are for rooms that come to be.
      nextNo: () => 1,
      begin: nothing,
      finish: nothing,
      moveHeads: nothing,
      replaceLastMessage: nothing,
      raiseUncounted: nothing,
      settings: nothing,
      touch: nothing,
      remove: nothing,
      expire: () => true,
      reopen: () => true,
    },
  },
  members: {
    reads: ['ofUsers', 'ofRooms', 'mastersOf', 'roomsWithNick', 'pending', 'countOf'],
    writes: {
      nextNos: () => 1,
      add: () => [],
      settleJoin: nothing,
      markLeaving: (_roomId: string, userIds: string[]) => [...userIds],
      unmark: nothing,
      remove: nothing,
      removeRoom: nothing,
      setAlarm: nothing,
      setMaster: nothing,
      moveReads: nothing,
      renameUser: nothing,
    },
  },
  users: {
    reads: ['byIds', 'find'],
    writes: { upsert: nothing, seen: nothing, revokeTokens: nothing, erase: nothing },
  },
  claims: {
    reads: [],
    writes: { claim: (_key: string, roomId: string) => roomId, replace: () => true, release: nothing },
  },
  marks: { reads: ['now', 'read'], writes: { write: nothing } },
  files: {
    reads: ['findMany', 'doomed'],
    writes: { add: nothing, doom: nothing, doomRoom: nothing, spare: nothing, remove: nothing },
  },
  uploads: { reads: ['byId', 'find', 'latest', 'stale'], writes: {} },
  stats: { reads: ['roomsByType', 'users', 'messages', 'messagesBetween'], writes: {} },
  events: {
    reads: [
      'wantedSince',
      'lastNo',
      'known',
      'after',
      'ofRoom',
      'byNo',
      'firstSince',
      'removals',
      'changedMessages',
      'changedRooms',
    ],
    writes: { want: nothing, emptyMessage: nothing, eraseAuthor: nothing },
  },
  webhooks: {
    reads: ['list', 'byId', 'lanes', 'delivery', 'deliveries'],
    writes: { add: nothing, change: nothing, remove: nothing, rewind: nothing, saveLane: nothing },
  },
  edits: {
    reads: ['of'],
    writes: { add: nothing, drop: nothing, removeOf: nothing, removeRoom: nothing, removeAuthor: nothing },
  },
  announcements: {
    reads: ['newest'],
    writes: {
      remove: () => true,
      setContent: () => 0,
      removeOf: () => 0,
      removeRoom: nothing,
      eraseAuthor: () => [],
    },
  },
  restrictions: {
    reads: ['of', 'list', 'count'],
    writes: { put: nothing, lift: (_room: string, _kind: string, ids: string[]) => ids, removeRoom: nothing },
  },
  blocks: { reads: ['of', 'count', 'blockersOf'], writes: { erase: nothing } },
  reports: { reads: ['find', 'byId'], writes: { decide: nothing } },
  words: {
    reads: ['page', 'all', 'count', 'stamp'],
    writes: { put: nothing, remove: (keys: string[]) => keys.length },
  },
  push: {
    reads: ['tokensOf', 'quietOf', 'shown', 'logOf', 'pushedSeqs'],
    writes: { unregister: nothing, dropTokensOf: nothing, dropTokens: nothing },
  },
  audit: { reads: ['find'], writes: { add: nothing } },
  freezer: { reads: ['toFreeze'], writes: { settingsOf: nothing } },
  broadcasts: {
    reads: ['byId', 'count', 'roomIds'],
    writes: { add: (broadcast: unknown) => broadcast },
  },
};

/** Changes of messages answer with the message as it would be. */
const changesOf = ({ log }: Stores): Part<MessageChanges> => ({
  reads: [],
  writes: {
    edit: (before: Message, change: Pick<Message, 'data' | 'links' | 'editedAt'>) => ({
      ...before,
      ...change,
      changedAt: change.editedAt,
      revision: before.revision + 1,
    }),
    delete: async (id: string, changedAt: Date) => {
      const message = await log.byId(id);
      return message && { ...message, ...emptied(message), changedAt, revision: message.revision + 1 };
    },
    touchReplies: () => [],
    eraseReactions: nothing,
  },
});

const emptied = ({ data }: Message) => ({
  data: { type: data.type, content: {} },
  deleted: true,
  links: [],
  reactions: [],
  mentions: [],
  meta: null,
  replyTo: null,
});

function rehearsedStores(stores: Stores): Stores {
  const parts: Rehearsed = { ...REHEARSED, changes: changesOf(stores) };
  return Object.fromEntries(
    Object.entries(stores).map(([name, store]) => [
      name,
      rehearsed(name, store as object, (parts[name as keyof Stores] ?? NONE) as Part<object>),
    ]),
  ) as unknown as Stores;
}

const NONE: Part<object> = { reads: [], writes: {} };

function rehearsed<T extends object>(name: string, part: T, { reads, writes }: Part<T>): T {
  return new Proxy(part, {
    get(real, method) {
      const own = Reflect.get(real, method) as unknown;
      if (typeof own !== 'function') return own;
      if ((reads as readonly PropertyKey[]).includes(method)) return own.bind(real) as unknown;
      const write = (writes as Partial<Record<PropertyKey, Write>>)[method];
      return async (...args: never[]) => {
        if (!write) throw new Error(`${name}.${String(method)} cannot be rehearsed`);
        return write(...args);
      };
    },
  });
}
