import type { Message } from '../model.ts';

/** Messages of a room whose last states are remembered. */
const MAX = 256;

/**
 * What a room was told of changes of its messages, the newest of them: hints of several nodes, and answers of the
 * store, may come in any order, and an older state of a message must not take the place of a newer one.
 */
export class RecentChanges {
  readonly #known = new Map<string, { revision: number; early: Message | null }>();

  /** Takes note of a state; false when the room knows a newer one. `early`: the message itself was not told yet. */
  accept(message: Message, early: boolean): boolean {
    const { id, revision } = message;
    if ((this.#known.get(id)?.revision ?? 0) > revision) return false;
    this.#known.delete(id);
    this.#known.set(id, { revision, early: early ? message : null });
    if (this.#known.size > MAX) this.#known.delete(this.#known.keys().next().value!);
    return true;
  }

  /** The newest known state of a message that is told now. */
  newest(message: Message): Message {
    const known = this.#known.get(message.id);
    if (!known && message.revision === 0) return message;
    const newest = known?.early && known.early.revision > message.revision ? known.early : message;
    this.accept(newest, false);
    return newest;
  }

  /** Whether this state, or a newer one, is known to have been told. */
  knows({ id, revision }: Message): boolean {
    const known = this.#known.get(id);
    return known !== undefined && known.early === null && known.revision >= revision;
  }
}
