/** What went wrong with the deliveries of one client or of many. */
export interface Faults {
  lost: number;
  doubled: number;
  disordered: number;
}

export const NO_FAULTS: Faults = { lost: 0, doubled: 0, disordered: 0 };

/** Follows the `seq` of one room as one client receives it. Costs one comparison while all is well. */
export class OrderCheck {
  private doubled = 0;
  private disordered = 0;
  private readonly missing = new Set<number>();
  private last: number;

  /** `last` is the number after which deliveries are due: the `lastSeq` of the ack of `joinRoom`. */
  constructor(last: number) {
    this.last = last;
  }

  see(seq: number): void {
    if (seq === this.last + 1) {
      this.last = seq;
    } else if (seq > this.last) {
      for (let skipped = this.last + 1; skipped < seq; skipped++) this.missing.add(skipped);
      this.last = seq;
    } else if (this.missing.delete(seq)) {
      this.disordered++; // it did come, but after a later one
    } else {
      this.doubled++;
    }
  }

  isComplete(head: number): boolean {
    return this.last >= head && this.missing.size === 0;
  }

  /** Faults since the last call, when `head` is the newest number that was acked; what is missing is given up. */
  takeFaults(head: number): Faults {
    const faults = {
      lost: this.missing.size + Math.max(0, head - this.last),
      doubled: this.doubled,
      disordered: this.disordered,
    };
    this.missing.clear();
    this.last = Math.max(this.last, head);
    this.doubled = this.disordered = 0;
    return faults;
  }
}

export function addFaults(all: Faults[]): Faults {
  const sum = { ...NO_FAULTS };
  for (const one of all) {
    sum.lost += one.lost;
    sum.doubled += one.doubled;
    sum.disordered += one.disordered;
  }
  return sum;
}
