import { StoreSilent } from '../domain/errors.ts';
import type { Stores } from '../domain/ports.ts';

/** No call waits longer for an answer, in milliseconds: a query that takes its time is given up by the driver at 30. */
const PATIENCE = 60_000;
/** What a send waits for: its client waits not much longer. */
const PATIENCE_OF_SENDS = 5_000;
const OF_SENDS = new Set(['log.append', 'log.after', 'log.bySyncKey']);

type Call = (...args: unknown[]) => unknown;

/**
 * Stores whose every promise ends: with StoreSilent when the database, or the driver, keeps silent. A driver that
 * waits for a connection to drain which has closed meanwhile waits for ever, and all that waits in turn with it.
 */
export function patient(stores: Stores): Stores {
  return Object.fromEntries(
    Object.entries(stores).map(([name, store]) => [name, patientStore(name, store as object)]),
  ) as unknown as Stores;
}

function patientStore(name: string, store: object): object {
  return Object.fromEntries(
    Object.entries(store).map(([method, call]) => {
      const what = `${name}.${method}`;
      const patience = OF_SENDS.has(what) ? PATIENCE_OF_SENDS : PATIENCE;
      return [
        method,
        typeof call === 'function' ? waiting(store, call as Call, what, patience) : (call as unknown),
      ];
    }),
  );
}

const waiting =
  (store: object, call: Call, what: string, patience: number): Call =>
  (...args) => {
    const answer = call.apply(store, args);
    return answer instanceof Promise ? within(answer, what, patience) : answer;
  };

function within(answer: Promise<unknown>, what: string, patience: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const silence = setTimeout(() => {
      const settled = answer.then(
        () => undefined,
        () => undefined,
      );
      reject(new StoreSilent(what, patience, settled));
    }, patience);
    silence.unref();
    answer.then(resolve, reject).finally(() => clearTimeout(silence));
  });
}
