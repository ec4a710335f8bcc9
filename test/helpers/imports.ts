import type { Engine } from './engine.ts';
import { eventually } from './processes.ts';
import type { Platform, Response } from './platform.ts';
import { someone } from './people.ts';
import { wireImport, type ImportView } from '../../src/protocols/platform/catalogue.ts';
import type { OnWire } from './client.ts';

export type Report = OnWire<ImportView>;
export type Line = Record<string, unknown>;

/** Lines as a file. */
export const jsonl = (lines: readonly unknown[]): string =>
  lines.map(line => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');

export const startImport = (
  platform: Platform,
  body: string,
  query = '',
  headers: Record<string, string> = {},
): Promise<Response> => platform.call('POST', `/chat/imports${query}`, body, headers);

/** The report of an import that has come to its end. */
export async function reportOf(platform: Platform, importId: string): Promise<Report> {
  let report: Report | null = null;
  await eventually('the end of an import', async () => {
    report = await platform.do<Report>('GET', `/chat/imports/${importId}`);
    return report.state === 'done' || report.state === 'failed';
  });
  const { error } = wireImport.validate(report, { convert: false });
  if (error) throw error;
  return report!;
}

/** Imports this and waits for the end. */
export async function runImport(platform: Platform, lines: readonly unknown[] | string, query = '') {
  const body = typeof lines === 'string' ? lines : jsonl(lines);
  const { status, body: answer } = await startImport(platform, body, query);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(answer)}`);
  // A dry run says what it would do.
  return reportOf(platform, (answer.would ?? answer).importId as string);
}

export const OLD = Date.parse('2019-03-01T09:00:00Z');
export const oldDate = (seconds: number): string => new Date(OLD + seconds * 1_000).toISOString();

/** A room line with a key of its own; the first person is master. */
export const aRoomLine = (userIds: readonly string[], more: Line = {}): Line & { importKey: string } => ({
  type: 'room',
  importKey: someone('room'),
  name: '옛 방',
  roomType: 'GROUP',
  createdAt: oldDate(0),
  joinUsers: userIds.map((_id, i) => ({ _id, nickName: `nick ${_id}`, master: i === 0 })),
  ...more,
});

export const aMessageLine = (roomKey: string, authorId: string, n: number, more: Line = {}): Line => ({
  type: 'message',
  roomKey,
  syncKey: `m-${n}`,
  author: { authorId },
  data: { type: 'TEXT', content: `글 ${n}` },
  createdAt: oldDate(n),
  ...more,
});

/** A room with this many messages of its members in turn. */
export function aTalk(
  userIds: readonly string[],
  count: number,
  more: Line = {},
): [Line & { importKey: string }, ...Line[]] {
  const room = aRoomLine(userIds, more);
  const messages = Array.from({ length: count }, (_, i) =>
    aMessageLine(room.importKey, userIds[i % userIds.length]!, i + 1),
  );
  return [room, ...messages];
}

/** The only room of this person, as the platform sees it. */
export async function roomIdOf(engine: Engine, userId: string): Promise<string> {
  const { list } = await engine.platform.do<{ list: { _id: string }[] }>(
    'GET',
    `/chat/rooms?memberId=${userId}`,
  );
  if (list.length !== 1) throw new Error(`${list.length} rooms of ${userId}`);
  return list[0]!._id;
}
