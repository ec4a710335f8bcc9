import type { Bus, BusEvent } from '../domain/ports.ts';

/** The bus of a single node: everybody is told in the same turn, in the order of publishing. */
export function inProcessBus(): Bus {
  const handlers: ((event: BusEvent) => void)[] = [];
  return {
    publish: event => handlers.forEach(handler => handler(event)),
    subscribe: handler => void handlers.push(handler),
  };
}
