/** What an upload needs of the outside. */
export const STEPS = ['putSlice', 'joinSlices', 'withLocalFile', 'put', 'dropSlices', 'inspect'] as const;
export type Step = (typeof STEPS)[number];

export interface Fault {
  step: Step;
  when: 'before' | 'after';
}

/** Breaks the next call of a step: before it does anything, or after it has done all. */
export class Breaker {
  next: Fault | null = null;

  of<T extends object>(real: T, steps: readonly Step[]): T {
    return new Proxy(real, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function' || !steps.includes(name as Step)) return value;
        return (...args: unknown[]) =>
          this.#call(name as Step, () => value.apply(target, args) as Promise<unknown>);
      },
    });
  }

  async #call(step: Step, work: () => Promise<unknown>): Promise<unknown> {
    const { next } = this;
    if (next?.step !== step) return work();
    this.next = null;
    if (next.when === 'after') await work();
    throw new Error(`${step} broke`);
  }
}
