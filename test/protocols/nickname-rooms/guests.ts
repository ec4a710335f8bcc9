import { FRAMES } from '../../../src/protocols/nickname-rooms/catalogue.ts';
import type { Room } from '../../helpers/client.ts';
import type { Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';
import { WireClient } from '../../helpers/wire.ts';

/** People in the rooms with nicknames. */

export const connect = (engine: Engine, auth: Record<string, unknown>, path = ''): Promise<WireClient> =>
  WireClient.connect(`${engine.url}${path}`, FRAMES, auth);

/** A connected user; the nickname of the handshake is that of the room, the token's is the directory's. */
export const user = (engine: Engine, id: string, nickname = `room ${id}`): Promise<WireClient> =>
  connect(engine, { token: engine.token(id), nickname });

/** The code of the `connect_error`, or null. */
export const refusalOf = async (
  attempt: Promise<WireClient>,
): Promise<{ message: string; data: unknown } | null> =>
  attempt.then(
    () => null,
    ({ message, data }: Error & { data: unknown }) => ({ message, data }),
  );

/** Enters and waits until the room has welcomed. */
export async function enter(client: WireClient, room: Room | number | string): Promise<WireClient> {
  const no = String(typeof room === 'object' ? room.no : room);
  await client.ask('joinRoom', { room: no });
  await client.frame('roomUsers', ({ room: at }) => at === no);
  return client;
}

export interface Party {
  room: Room;
  ids: { ann: string; bob: string };
  ann: WireClient;
  bob: WireClient;
}

/** Two members in their room; what came so far is forgotten. */
export async function party(engine: Engine, more: Record<string, unknown> = {}): Promise<Party> {
  const ids = { ann: someone('ann'), bob: someone('bob') };
  const room = await engine.platform.room([ids.ann, ids.bob], more);
  const ann = await enter(await user(engine, ids.ann, 'Ann'), room);
  const bob = await enter(await user(engine, ids.bob, 'Bob'), room);
  for (const client of [ann, bob]) {
    await client.settled();
    client.forget();
  }
  return { room, ids, ann, bob };
}

/** The type of the alert that an event brings, told twice; null when it is done. */
export async function alertOf(client: WireClient, event: string, ...args: unknown[]): Promise<string | null> {
  client.forget();
  const answer = (await client.ask(event, ...args)) as { success: boolean };
  const [alert, error] = [client.of('alert'), client.of('chat_error')];
  if (JSON.stringify(alert) !== JSON.stringify(error)) throw new Error('alert and chat_error differ');
  if (answer.success !== (alert.length === 0)) throw new Error('the ack and the alert differ');
  return (alert[0] as { type: string } | undefined)?.type ?? null;
}

export const texts = (client: WireClient): string[] =>
  client.of('message').map((line: { text: string }) => line.text);

export const historyOf = (client: WireClient): { type: string; text: string; nickname?: string }[] =>
  JSON.parse(client.of('history').at(-1) as string) as { type: string; text: string }[];
