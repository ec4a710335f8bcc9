/** Files in slices: how fast they come in, what memory they take meanwhile, and what ordinary sends notice of it. */
import { randomBytes } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { rssBytes, settledRss } from '../proc.ts';
import { createRooms } from '../rooms.ts';
import { now, sleep } from '../stats.ts';
import type { Target } from '../targets.ts';
import { tokenOf, userNamed, type User } from '../tokens.ts';
import { startTalking } from './talker.ts';
import { ratio, Sessions, type Scenario } from './scenario.ts';

const FILE_BYTES = 50_000_000;
/** As the seed's document tells its clients. */
const SLICE_BYTES = 500_000;
const FILES_AT_ONCE = 20;
const SENDS_PER_SECOND = 50;
const QUIET_SENDS = 300;
/** Between two looks at the memory of the server, in milliseconds. */
const LOOK_EVERY = 20;

interface Answer {
  success: boolean;
  error: string | null;
  data: { message?: unknown };
}

async function connect(url: string, user: User): Promise<Socket> {
  const socket = io(`${url}/chat`, {
    transports: ['websocket'],
    forceNew: true,
    auth: { token: tokenOf(user) },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

const ask = (socket: Socket, event: string, payload: object): Promise<Answer> =>
  socket.timeout(60_000).emitWithAck(event, payload) as Promise<Answer>;

async function upload(socket: Socket, roomId: string, bytes: Buffer, syncKey: string): Promise<void> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    const answer = await ask(socket, 'sendFileMessage', {
      ...{ syncKey, roomId, type: 'FILE', name: 'bench.bin', size: bytes.length },
      ...{ sliceIndex: at / SLICE_BYTES, data: bytes.subarray(at, at + SLICE_BYTES) },
    });
    if (!answer.success) throw new Error(`a slice was refused: ${answer.error}`);
  }
}

/** Seconds that `work` takes and how much the server's memory grows at most, in MB. */
async function watched(
  target: Target,
  work: () => Promise<unknown>,
): Promise<{ seconds: number; growth: number }> {
  await target.collectGarbage();
  const base = await settledRss(target.pid);
  let peak = base;
  const watch = setInterval(() => (peak = Math.max(peak, rssBytes(target.pid))), LOOK_EVERY);
  const started = now();
  await work();
  const seconds = (now() - started) / 1_000;
  clearInterval(watch);
  return { seconds, growth: (peak - base) / 1e6 };
}

export const uploads: Scenario = {
  name: 'uploads',
  longestMs: 240_000,
  async run(context) {
    const figures: Record<string, number | undefined> = {};
    const names = context.targets.filter(name => name === 'engine');
    await Sessions.use(context, { label: 'uploads', inspect: true }, names, sessions =>
      sessions.each(async ({ target }) => {
        const people = Array.from({ length: FILES_AT_ONCE + 1 }, (_, i) => userNamed('up-', i));
        const [roomId, quietId] = (await createRooms(target.url, [
          { name: 'files', members: people },
          { name: 'talk', members: people.slice(0, 2) },
        ])) as [string, string];
        const senders = await Promise.all(people.slice(1).map(user => connect(target.url, user)));

        const bytes = randomBytes(FILE_BYTES);
        context.log('uploads: warming up');
        await upload(senders[0]!, roomId, bytes, 'warm');
        const talk = {
          url: target.url,
          token: tokenOf(people[0]!),
          roomId: quietId,
          perSecond: SENDS_PER_SECOND,
        };
        const quiet = startTalking(talk);
        await sleep((QUIET_SENDS * 1_000) / SENDS_PER_SECOND);
        figures.quiet = (await quiet.stop()).p99;
        context.log('uploads: one file');
        const one = await watched(target, () => upload(senders[0]!, roomId, bytes, 'one'));
        context.log(`uploads: ${FILES_AT_ONCE} files at once`);
        const busy = startTalking(talk);
        const many = await watched(target, () =>
          Promise.all(senders.map((sender, i) => upload(sender, roomId, bytes, `many-${i}`))),
        );
        figures.busy = (await busy.stop()).p99;
        figures.oneRate = FILE_BYTES / 1e6 / one.seconds;
        figures.manyRate = (FILE_BYTES * FILES_AT_ONCE) / 1e6 / many.seconds;
        figures.oneGrowth = one.growth;
        figures.manyGrowth = many.growth;
        for (const socket of senders) socket.close();
      }),
    );
    const { quiet, busy, oneRate, manyRate, oneGrowth, manyGrowth } = figures;
    return {
      title: `Files of ${FILE_BYTES / 1e6} MB in slices of ${SLICE_BYTES / 1e3} kB, on a disk`,
      notes: [`Meanwhile ${SENDS_PER_SECOND} ordinary sends per second; the pace of a user is lifted.`],
      rows: [
        { label: 'one file, MB/s', values: { engine: oneRate }, digits: 1 },
        { label: `${FILES_AT_ONCE} files at once, MB/s`, values: { engine: manyRate }, digits: 1 },
        { label: 'growth of memory with one, MB', values: { engine: oneGrowth }, digits: 1 },
        { label: `growth of memory with ${FILES_AT_ONCE}, MB`, values: { engine: manyGrowth }, digits: 1 },
        { label: 'ack p99 of sends, quiet, ms', values: { engine: quiet }, digits: 1 },
        { label: `ack p99 of sends, during ${FILES_AT_ONCE} files, ms`, values: { engine: busy }, digits: 1 },
      ],
      goals:
        names.length === 0
          ? []
          : [
              {
                label: 'growth of memory with one file',
                reached: oneGrowth,
                limit: 60,
                sense: 'below',
                unit: 'MB',
              },
              {
                label: `growth of memory with ${FILES_AT_ONCE} files`,
                reached: manyGrowth,
                limit: 250,
                sense: 'below',
                unit: 'MB',
              },
              {
                label: 'p99 of sends during uploads to quiet',
                reached: ratio(busy, quiet),
                limit: 2,
                sense: 'at most',
                unit: '×',
              },
            ],
      raw: figures,
    };
  },
};
