import { isDeepStrictEqual } from 'node:util';
import type { ChatClient, Room } from './client.ts';

/** Frames may be held back for half a second after a write that may be held back for one. */
const PATIENCE = 3_000;

interface Options {
  /** The room that this client views: there it is told of everybody's reading. */
  isViewing: string | null;
}

/**
 * What a stock client makes of its room list: the list once, then each frame's room in the place of the one it had.
 * Left out is what the contract does not tell to everybody: other people's alarm switches, other people's read
 * positions in rooms that are not viewed and, in large rooms, other people but the masters.
 */
export class Mirror {
  readonly #client: ChatClient;
  readonly #options: Options;
  #begun: Room[] = [];
  #from = 0;

  constructor(client: ChatClient, options: Options) {
    this.#client = client;
    this.#options = options;
  }

  async begin(): Promise<void> {
    this.#begun = await this.#client.rooms();
    this.#from = this.#client.frames.length;
  }

  /** The list as it was told and as it is; waits for them to become the same. */
  async end(): Promise<{ told: object[]; fresh: object[] }> {
    const { frames } = this.#client;
    const list = await this.#client.rooms();
    const fresh = this.#shown(list);
    for (const deadline = Date.now() + PATIENCE; ;) {
      const told = this.#shown(this.#told(), list);
      const left = deadline - Date.now();
      if (isDeepStrictEqual(told, fresh) || left <= 0) return { told, fresh };
      await this.#nextFrame(frames.length, left);
    }
  }

  #told(): Room[] {
    const rooms = new Map(this.#begun.map(room => [room._id, room]));
    for (const { name, data } of this.#client.frames.slice(this.#from)) {
      if (name === 'listenRoom' || name === 'updateRoomLastMessage') {
        const room = data as Room;
        const isIn = room.joinUsers.some(user => user._id === this.#client.userId);
        if (isIn) rooms.set(room._id, room);
        else rooms.delete(room._id);
      } else if (name.startsWith('readReceipts_')) {
        const room = rooms.get(name.slice('readReceipts_'.length));
        if (room) rooms.set(room._id, withReads(room, (data as { reads: Read[] }).reads));
      }
    }
    return [...rooms.values()];
  }

  #shown(rooms: readonly Room[], sizes: readonly Room[] = rooms): object[] {
    const me = this.#client.userId;
    const views = rooms.map(room => {
      const isPartial = sizes.some(
        ({ _id, joinUsers, joinUserCount }) => _id === room._id && joinUsers.length < joinUserCount,
      );
      const joinUsers = room.joinUsers
        .filter(user => !isPartial || user.master || user._id === me)
        .map(user => {
          if (user._id === me) return user;
          const { alarmOn: _, lastReadMessageId, ...rest } = user;
          return { ...rest, ...(this.#options.isViewing === room._id ? { lastReadMessageId } : {}) };
        })
        .sort((a, b) => (a._id < b._id ? -1 : 1));
      return { ...room, joinUsers };
    });
    return views.sort((a, b) => a.no - b.no);
  }

  async #nextFrame(count: number, patience: number): Promise<void> {
    const { socket, frames } = this.#client;
    if (frames.length > count) return;
    await new Promise<void>(resolve => {
      const done = () => {
        clearTimeout(timer);
        socket.offAny(done);
        resolve();
      };
      const timer = setTimeout(done, patience);
      socket.onAny(done);
    });
  }
}

interface Read {
  userId: string;
  messageId: string | null;
}

const withReads = (room: Room, reads: readonly Read[]): Room => ({
  ...room,
  joinUsers: room.joinUsers.map(user => {
    const read = reads.find(({ userId }) => userId === user._id);
    return read ? { ...user, lastReadMessageId: read.messageId } : user;
  }),
});
