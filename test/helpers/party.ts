import type { ChatClient, Message, Room } from './client.ts';
import { sharedEngine, type Engine } from './engine.ts';
import { someone } from './people.ts';

/** Connected users with fresh ids, one for each nick. */
export async function guests<const N extends readonly string[]>(
  engine: Engine,
  ...nicks: N
): Promise<{ -readonly [K in keyof N]: ChatClient }> {
  return (await Promise.all(nicks.map(nick => engine.connect(someone(nick), nick)))) as never;
}

/** A room that the first makes with the others over the wire, its master; there is no message in it yet. */
export async function roomOf(
  [owner, ...others]: readonly [ChatClient, ...ChatClient[]],
  more: Record<string, unknown> = {},
): Promise<Room> {
  return owner.do('createNewRoom', { users: others.map(other => other.userId), name: 'a room', ...more });
}

/** What each test of a `describe` finds: the server that tests share, people by their nicks, and their room. */
export type Party<N extends string> = { engine: Engine; room: Room } & Record<N, ChatClient>;

/**
 * Makes new people and a new room of theirs before each test of the `describe` around it; the first is its master.
 * Its fields change with the test: read them inside one.
 * @example const party = partyOf(['ann', 'bob']); it('…', async () => { const { ann, room } = party; … });
 */
export function partyOf<const N extends string>(
  nicks: readonly [N, ...N[]],
  more: Record<string, unknown> = {},
): Party<N> {
  const party = {} as Party<N>;
  before(async () => {
    party.engine = await sharedEngine();
  });
  beforeEach(async () => {
    const people = await guests(party.engine, ...nicks);
    Object.assign(party, Object.fromEntries(nicks.map((nick, i) => [nick, people[i]])));
    party.room = await roomOf(people, more);
  });
  return party;
}

/** The code of a refusal, null for a success. */
export const errorOf = async (
  client: ChatClient,
  event: string,
  ...args: unknown[]
): Promise<string | null> => (await client.ask(event, ...args)).error;

/** All that was told to these so far has come, and is forgotten. */
export async function calm(...clients: ChatClient[]): Promise<void> {
  await Promise.all(clients.map(client => client.settled()));
  for (const client of clients) client.forget();
}

export const idsOf = (list: readonly { _id: string }[]): string[] => list.map(({ _id }) => _id);

/** A message without the number of those who have not read it, which pages and live messages carry. */
export const uncounted = ({
  unreadUserCount: _,
  ...message
}: Message & { unreadUserCount?: number }): Message => message;

/** A moment that lies after everything that happened so far and before all that comes. */
export function aMoment(): string {
  const now = Date.now();
  while (Date.now() <= now + 1);
  return new Date(now + 1).toISOString();
}
