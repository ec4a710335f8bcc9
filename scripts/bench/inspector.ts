import { once } from 'node:events';
import { WebSocket } from 'ws';
import { within } from './stats.ts';

/** Enough for what becomes garbage only when finalizers have run. */
const COLLECTIONS = 3;

/**
 * Has a Node process collect its garbage, through its inspector. How much garbage lies around when memory
 * is read is chance, and larger than what a thousand sockets cost.
 */
export async function collectGarbage(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/json`, { signal: AbortSignal.timeout(5_000) });
  const [page] = (await response.json()) as { webSocketDebuggerUrl: string }[];
  const socket = new WebSocket(page?.webSocketDebuggerUrl ?? '', { perMessageDeflate: false });
  try {
    await within(5_000, 'inspector', once(socket, 'open'));
    for (let id = 1; id <= COLLECTIONS; id++) {
      socket.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }));
      await within(20_000, 'garbage collection', once(socket, 'message'));
    }
  } finally {
    socket.terminate();
  }
}
