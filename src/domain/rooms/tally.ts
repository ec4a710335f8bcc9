/** Messages kept in memory for one kind of counting, per room; twice as many before the oldest go. */
export const KEPT = 1_000;

/**
 * Places of a log that count for somebody: for everybody (null) or for these people. The newest are kept, at least
 * `keep` of them and fewer than twice as many; of what lies at or below `floor` nothing is known here.
 */
export class Tally {
  readonly #keep: number;
  readonly #users = new Map<number, readonly string[] | null>();
  /** All places, and by whom they concern; each in the order of `seq`. */
  readonly #seqs: number[] = [];
  readonly #all: number[] = [];
  readonly #byUser = new Map<string, number[]>();
  #floor: number;

  constructor(floor: number, keep: number) {
    this.#floor = floor;
    this.#keep = keep;
  }

  /** Everything above it is known. */
  get floor(): number {
    return this.#floor;
  }

  get size(): number {
    return this.#seqs.length;
  }

  /** The same place again replaces what was known of it, but what concerns everybody goes on doing so. */
  add(seq: number, users: readonly string[] | null): void {
    if (seq <= this.#floor) return;
    const known = this.#users.get(seq);
    if (known !== undefined) {
      if (known === null) return;
      this.remove(seq);
    }
    this.#users.set(seq, users);
    insert(this.#seqs, seq);
    if (users === null) insert(this.#all, seq);
    else for (const user of users) insert(this.#of(user), seq);
  }

  remove(seq: number): void {
    const users = this.#users.get(seq);
    if (users === undefined) return;
    this.#users.delete(seq);
    without(this.#seqs, seq);
    if (users === null) return without(this.#all, seq);
    for (const user of users) {
      const own = this.#of(user);
      without(own, seq);
      if (own.length === 0) this.#byUser.delete(user);
    }
  }

  /** How many places with `after < seq <= upTo` concern this person, as far as they are above the floor. */
  count(user: string, after: number, upTo: number): number {
    const own = this.#byUser.get(user);
    return between(this.#all, after, upTo) + (own ? between(own, after, upTo) : 0);
  }

  /** Where the floor has to go because there are too many places; null while there are not. */
  surplus(): number | null {
    const over = this.#seqs.length - this.#keep;
    return over >= this.#keep ? this.#seqs[over - 1]! : null;
  }

  /** Forgets what lies at or below `floor`. */
  raise(floor: number): void {
    for (const seq of cut(this.#seqs, floor)) this.#users.delete(seq);
    cut(this.#all, floor);
    for (const [user, own] of this.#byUser) {
      cut(own, floor);
      if (own.length === 0) this.#byUser.delete(user);
    }
    this.#floor = floor;
  }

  #of(user: string): number[] {
    let own = this.#byUser.get(user);
    if (!own) this.#byUser.set(user, (own = []));
    return own;
  }
}

/** The number of entries that are at or below `value`. */
export function upTo(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const between = (sorted: readonly number[], after: number, last: number): number =>
  Math.max(0, upTo(sorted, last) - upTo(sorted, after));

/** Nearly always at the end. */
function insert(sorted: number[], value: number): void {
  if (sorted.length === 0 || sorted.at(-1)! < value) sorted.push(value);
  else {
    const at = upTo(sorted, value);
    if (sorted[at - 1] !== value) sorted.splice(at, 0, value);
  }
}

function without(sorted: number[], value: number): void {
  const at = upTo(sorted, value) - 1;
  if (sorted[at] === value) sorted.splice(at, 1);
}

const cut = (sorted: number[], floor: number): number[] => sorted.splice(0, upTo(sorted, floor));
