interface Waiting<I, O> {
  input: I;
  resolve: (output: O) => void;
  reject: (error: unknown) => void;
}

/**
 * Gathers calls that come while a piece of work is under way and does the next piece for all of them: one query
 * for a thousand people who come at the same instant.
 */
export class Gathered<I, O> {
  readonly #work: (inputs: I[]) => Promise<O[]>;
  readonly #max: number;
  #waiting: Waiting<I, O>[] = [];
  #busy = false;

  /** `work` returns one output per input, in the same order; it gets `max` inputs at most. */
  constructor(work: (inputs: I[]) => Promise<O[]>, max = 500) {
    this.#work = work;
    this.#max = max;
  }

  add(input: I): Promise<O> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      setImmediate(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const some = this.#waiting.splice(0, this.#max);
      try {
        const outputs = await this.#work(some.map(({ input }) => input));
        some.forEach(({ resolve }, i) => resolve(outputs[i]!));
      } catch (error) {
        some.forEach(({ reject }) => reject(error));
      }
    }
    this.#busy = false;
  }
}
