import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { API_KEY } from '../helpers/engine.ts';
import { aMessageLine, aRoomLine, type Report } from '../helpers/imports.ts';
import { someone } from '../helpers/people.ts';
import { Platform } from '../helpers/platform.ts';
import { eventually, freePort, startServer, type Running } from '../helpers/processes.ts';

const MESSAGES = Number(process.env['MESSAGES'] ?? 100_000);
const ROOMS = 200;

const memoryOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024;

/** Rooms with their messages, mixed as an export by date has them. */
function theFile(people: readonly string[]): string {
  const rooms = Array.from({ length: ROOMS }, (_, i) => aRoomLine(people.slice(i % 40, (i % 40) + 10)));
  const messages = Array.from({ length: MESSAGES }, (_, i) => {
    const room = rooms[(i * 7) % ROOMS]!;
    const author = people[(((i * 7) % ROOMS) % 40) + (i % 10)]!;
    return aMessageLine(room.importKey, author, i, {
      data: { type: 'TEXT', content: `옛날에 쓴 글이 하나 더 있습니다, 번호는 ${i}입니다.` },
      ...(i > 0 && i % 20 === 0 && i >= ROOMS ? { replyTo: `m-${i - ROOMS}` } : {}),
    });
  });
  return [...rooms, ...messages].map(line => JSON.stringify(line)).join('\n');
}

describe(`an import of ${MESSAGES} messages`, function () {
  this.timeout(1_800_000);
  const folder = mkdtempSync(join(tmpdir(), 'madang-import-'));
  let server: Running & { url: string };
  let platform: Platform;
  let port: number;
  before(async () => {
    port = await freePort();
    await start();
  });
  after(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    server = await startServer(folder, port);
    platform = new Platform(server.url, API_KEY);
  }

  async function run(body: string, query: string, onLook: (report: Report) => Promise<void>) {
    const before = memoryOf(server.child.pid!);
    const started = Date.now();
    const { importId } = await platform.do<{ importId: string }>('POST', `/chat/imports${query}`, body);
    const stored = Date.now();
    let report!: Report;
    let peak = before;
    await eventually(
      'the end of the import',
      async () => {
        report = await platform.do<Report>('GET', `/chat/imports/${importId}`);
        peak = Math.max(peak, memoryOf(server.child.pid!));
        await onLook(report);
        return report.state === 'done' || report.state === 'failed';
      },
      1_500_000,
    );
    const rate = Math.round(MESSAGES / ((Date.now() - stored) / 1_000));
    const figures = [
      `${rate} messages/s`,
      `body stored in ${stored - started} ms`,
      `RSS ${before.toFixed(0)} -> ${peak.toFixed(0)} MiB`,
    ];
    process.stdout.write(`    ${query || 'import'}: ${figures.join(', ')}\n`);
    return { report, peak, before };
  }

  it('takes a bounded memory, and is gone on with when the server is killed in the middle', async () => {
    const people = Array.from({ length: 50 }, () => someone());
    const body = theFile(people);
    const checked = await run(body, '?validate=true', async () => {});
    const counts = { users: 0, rooms: ROOMS, messages: MESSAGES, skipped: 0, errors: 0 };
    expect(checked.report).to.deep.include({ state: 'done', counts });
    const whole = await run(body, '', async () => {});
    expect(whole.report).to.deep.include({ state: 'done', counts });
    expect(whole.peak - whole.before, 'MiB').to.be.below(400);
    let kills = 0;
    const again = body.replaceAll('"room-', '"again-');
    const killed = await run(again, '', async ({ line }) => {
      if (line < (MESSAGES / 4) * (kills + 1) || kills === 2) return;
      kills++;
      await server.kill();
      await start();
    });
    expect(kills).to.equal(2);
    expect(killed.report).to.deep.include({ state: 'done', counts });
    const { list } = await platform.do('GET', `/chat/rooms?memberId=${people[20]}&limit=500`);
    for (const { _id, lastSeq } of list.slice(0, 20)) {
      const seqs: number[] = [];
      for (let before = 1e9; before > 1; before = seqs.at(-1)!) {
        const page = await platform.do('GET', `/chat/rooms/${_id}/messages?limit=500&before=${before}`);
        seqs.push(...page.list.map(({ seq }: { seq: number }) => seq));
      }
      expect(seqs).to.deep.equal(Array.from({ length: MESSAGES / ROOMS }, (_, i) => MESSAGES / ROOMS - i));
      expect(lastSeq).to.equal(MESSAGES / ROOMS);
    }
    expect(server.faults).to.deep.equal([]);
  });
});
