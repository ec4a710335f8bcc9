/** Values with keys, in groups. A group of one, as most are, has no map of its own: there are as many as connections. */
export class Groups<T extends object> {
  readonly #groups = new Map<string, T | Map<string, T>>();
  readonly #keyOf: (value: T) => string;

  constructor(keyOf: (value: T) => string) {
    this.#keyOf = keyOf;
  }

  /** In the order of coming. */
  of(group: string): T[] {
    const found = this.#groups.get(group);
    if (found instanceof Map) return [...found.values()];
    return found ? [found] : [];
  }

  sizeOf(group: string): number {
    const found = this.#groups.get(group);
    if (found instanceof Map) return found.size;
    return found ? 1 : 0;
  }

  /** Takes the place of the one with the same key. */
  put(group: string, value: T): void {
    const found = this.#groups.get(group);
    const key = this.#keyOf(value);
    if (found instanceof Map) found.set(key, value);
    else if (!found || this.#keyOf(found) === key) this.#groups.set(group, value);
    else
      this.#groups.set(
        group,
        new Map([
          [this.#keyOf(found), found],
          [key, value],
        ]),
      );
  }

  drop(group: string, key: string): void {
    const found = this.#groups.get(group);
    if (found instanceof Map) {
      found.delete(key);
      if (found.size === 0) this.#groups.delete(group);
    } else if (found && this.#keyOf(found) === key) this.#groups.delete(group);
  }
}
