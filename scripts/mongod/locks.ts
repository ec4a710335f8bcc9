/**
 * One lock for each collection, shared or exclusive, first come first served.
 *
 * DocumentDB turns an upsert that meets another insert of the same _id into an update, but still answers
 * as if it had inserted: two clients would both be told that they were the first, and a counter would
 * give a number twice. All writes pass this process, so an upsert that has found nothing inserts alone.
 */
interface State {
  shared: number;
  exclusive: boolean;
  queue: { exclusive: boolean; enter: () => void }[];
}

export class CollectionLocks {
  readonly #states = new Map<string, State>();

  shared<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.#run(key, false, work);
  }

  exclusive<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.#run(key, true, work);
  }

  async #run<T>(key: string, exclusive: boolean, work: () => Promise<T>): Promise<T> {
    let state = this.#states.get(key);
    if (!state) this.#states.set(key, (state = { shared: 0, exclusive: false, queue: [] }));
    const held = state;
    if (held.queue.length || held.exclusive || (exclusive && held.shared)) {
      await new Promise<void>(enter => held.queue.push({ exclusive, enter }));
    } else hold(held, exclusive);
    try {
      return await work();
    } finally {
      if (exclusive) held.exclusive = false;
      else held.shared--;
      admit(held);
      if (!held.exclusive && !held.shared && !held.queue.length) this.#states.delete(key);
    }
  }
}

function hold(state: State, exclusive: boolean): void {
  if (exclusive) state.exclusive = true;
  else state.shared++;
}

function admit(state: State): void {
  for (let next = state.queue[0]; next; next = state.queue[0]) {
    if (state.exclusive || (next.exclusive && state.shared)) return;
    state.queue.shift();
    hold(state, next.exclusive);
    next.enter();
  }
}
