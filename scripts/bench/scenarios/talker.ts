/** Ordinary sends at a fixed rate, in a process of their own: what the uploading client is busy with must not count. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { now, percentiles, sleep } from '../stats.ts';

export interface Talk {
  url: string;
  token: string;
  roomId: string;
  perSecond: number;
}

const FILE = fileURLToPath(import.meta.url);

type Percentiles = ReturnType<typeof percentiles>;

/** Begins to talk; `stop` resolves with the latencies of the acks in milliseconds. */
export function startTalking(talk: Talk): { stop(): Promise<Percentiles> } {
  const talker = fork(FILE, { execArgv: ['--import', 'tsx'] });
  talker.send(talk);
  return {
    stop: () =>
      new Promise((resolve, reject) => {
        talker.once('message', answer => resolve(answer as Percentiles));
        talker.once('exit', code => reject(new Error(`the talker ended with ${code}`)));
        talker.send('stop');
      }),
  };
}

async function talkOn({ url, token, roomId, perSecond }: Talk): Promise<void> {
  const socket = io(`${url}/chat`, { transports: ['websocket'], forceNew: true, auth: { token } });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  let isOn = true;
  process.once('message', () => {
    isOn = false;
  });
  const latencies: number[] = [];
  const waiting: Promise<void>[] = [];
  const started = now();
  for (let i = 0; isOn; i++) {
    // A late one is charged from its intended time.
    const intended = started + (i * 1_000) / perSecond;
    const early = intended - now();
    if (early > 0) await sleep(early);
    const message = {
      syncKey: `${socket.id}-${i}`,
      roomId,
      data: { type: 'TEXT', content: `message ${i}` },
    };
    const answered = socket.timeout(60_000).emitWithAck('sendMessage', message) as Promise<{
      success: boolean;
      error: string | null;
    }>;
    waiting.push(
      answered.then(({ success, error }) => {
        if (!success) throw new Error(`a send was refused: ${error}`);
        latencies.push(now() - intended);
      }),
    );
  }
  await Promise.all(waiting);
  socket.close();
  process.send!(percentiles(latencies), () => process.disconnect());
}

if (process.argv[1] === FILE) process.once('message', talk => void talkOn(talk as Talk));
