import type { mongo } from 'mongoose';

/** Tries to connect again follow each other after so many milliseconds. */
const PAUSE = 1_000;
/** What is left open when the old connections are given up gets this long, in milliseconds. */
const CLOSING = 5_000;

export interface HeartbeatWatch {
  /** A look at a server that takes longer never ends, in milliseconds. */
  patience: number;
  onStuck: (address: string) => void;
}

/**
 * The driver looks at each server again and again, one look at a time. When the server ends a connection at the very
 * moment of a look, that look can wait for ever for a socket that is closed: the server then counts as unreachable
 * until the process ends, however well it is. So a look that takes longer than it may is the sign to connect anew.
 * Returns what ends the watch.
 */
export function watchHeartbeats(
  client: mongo.MongoClient,
  { patience, onStuck }: HeartbeatWatch,
): () => void {
  const begun = new Map<string, number>();
  let isEnded = false;
  let isBusy = false;
  client.on('serverHeartbeatStarted', ({ connectionId }) => begun.set(connectionId, Date.now()));
  client.on('serverHeartbeatSucceeded', ({ connectionId }) => begun.delete(connectionId));
  client.on('serverHeartbeatFailed', ({ connectionId }) => begun.delete(connectionId));
  client.on('serverClosed', ({ address }) => begun.delete(address));

  const connectAnew = async () => {
    await Promise.race([client.close(true), pause(CLOSING)]);
    begun.clear();
    while (!isEnded) {
      const isConnected = await client.connect().then(
        () => true,
        () => false,
      );
      if (isConnected) return;
      await pause(PAUSE);
    }
  };
  const timer = setInterval(() => {
    const stuck = [...begun].find(([, since]) => Date.now() - since > patience);
    if (!stuck || isBusy) return;
    isBusy = true;
    onStuck(stuck[0]);
    void connectAnew().finally(() => {
      isBusy = false;
    });
  }, patience / 5);
  timer.unref();
  return () => {
    isEnded = true;
    clearInterval(timer);
  };
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, milliseconds).unref());
