import { createHash } from 'node:crypto';
import { ChatError } from '../errors.ts';

const FIRST_SIZE = 1_024;
/** Entries; 128 MiB. */
const MOST = 8_388_608;

/**
 * A set of texts that keeps 64 bits of each: sixteen to thirty-two bytes per entry, however long they are. That two of
 * the most that it takes are held for one has a chance of one in 500,000.
 */
export class SeenTexts {
  #slots = new BigUint64Array(FIRST_SIZE);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  has(text: string): boolean {
    return this.#slots[this.#find(this.#slots, markOf(text))] !== 0n;
  }

  /** False when it was there. Errors: FILE_TOO_LARGE. */
  add(text: string): boolean {
    const mark = markOf(text);
    const slot = this.#find(this.#slots, mark);
    if (this.#slots[slot] !== 0n) return false;
    if (this.#count >= MOST)
      throw new ChatError('FILE_TOO_LARGE', 'A validation cannot remember more lines: split the file.');
    this.#slots[slot] = mark;
    if (++this.#count * 2 > this.#slots.length) this.#grow();
    return true;
  }

  /** The slot that holds the mark, or the free one where it belongs. */
  #find(slots: BigUint64Array, mark: bigint): number {
    const last = slots.length - 1;
    let slot = Number(mark & 0xffffffffn) & last;
    while (slots[slot] !== 0n && slots[slot] !== mark) slot = (slot + 1) & last;
    return slot;
  }

  #grow(): void {
    const larger = new BigUint64Array(this.#slots.length * 2);
    for (const mark of this.#slots) if (mark !== 0n) larger[this.#find(larger, mark)] = mark;
    this.#slots = larger;
  }
}

/** Never 0, which is a free slot. */
const markOf = (text: string): bigint => createHash('sha1').update(text).digest().readBigUInt64LE(0) || 1n;
