import { expect } from 'chai';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import {
  aMessageLine,
  aRoomLine,
  aTalk,
  jsonl,
  oldDate,
  reportOf,
  roomIdOf,
  runImport,
  startImport,
  type Line,
} from '../../helpers/imports.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { API_KEY } from '../../helpers/engine.ts';
import { BAD_VALUES, MISSING, pathsOf, withAt } from '../../faults/bad-values.ts';
import { expectRefusal, NOWHERE } from './bodies.ts';

describe('POST /chat/imports: what is refused', () => {
  let engine: Engine;
  after(() => engine.close());
  before(async () => {
    engine = await startEngine({
      env: { MAX_IMPORT_BYTES: '40000000', MAX_USER_ROOMS: '60', MAX_ROOM_MEMBERS: '5' },
    });
  });

  /** Everything that is stored, but for the reports of imports, the audit log and what time alone moves. */
  async function everything(): Promise<string> {
    // What earlier imports left to be written behind is not this one's.
    await engine.app.chat.indexer.flush();
    await engine.app.chat.ledger.flush();
    const collections = await engine.database.connection.db!.collections();
    const stored = await Promise.all(
      collections
        .map(({ collectionName }) => collectionName)
        .filter(name => !['imports', 'auditLog', 'marks', 'rooms_view'].includes(name))
        .sort()
        .map(async name => [
          name,
          await engine.database.connection.db!.collection(name).find().sort({ _id: 1 }).toArray(),
        ]),
    );
    return JSON.stringify(stored);
  }

  /** Lines with faults among good ones, and what becomes of each. */
  function flawed(): { lines: unknown[]; faults: [number, string][]; counts: Line } {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const [room, one] = aTalk([ann, bob], 1);
    const key = room.importKey;
    const lines = [
      room,
      one,
      { type: 'nothing' },
      aMessageLine(key, someone('stranger'), 2),
      aMessageLine('no-such-room', ann, 3),
      aMessageLine(key, ann, 4, { replyTo: 'm-99' }),
      aMessageLine(key, ann, 5, { replyTo: 'm-1' }),
      aMessageLine(key, ann, 1),
      aMessageLine(key, ann, 6, { createdAt: '2999-01-01T00:00:00Z' }),
      aMessageLine(key, ann, 7, { createdAt: '1903-01-01T00:00:00Z' }),
      aMessageLine(key, 'ADMIN', 8, { data: { type: 'ADMIN', content: '공지' } }),
      aMessageLine(key, ann, 9, { data: { type: 'ADMIN', content: '공지' } }),
      aMessageLine(key, 'ANONYMOUS', 10, { author: { authorId: 'ANONYMOUS', nickName: 'x' } }),
      aMessageLine(key, ann, 11, { data: { type: 'PHOTO', content: { url: 'javascript:alert(1)' } } }),
      aMessageLine(key, ann, 12, { data: { type: 'TEXT', content: 'x'.repeat(10_001) } }),
      room,
      aRoomLine([]),
      aRoomLine([ann], { joinUsers: [{ _id: someone('unnamed') }] }),
      aRoomLine([ann], { joinUsers: [{ _id: 'ADMIN', nickName: 'x' }] }),
      aRoomLine(Array.from({ length: 6 }, () => someone())),
      aRoomLine([ann], { roomType: 'DIRECT' }),
      aRoomLine([ann], { name: 'n'.repeat(201) }),
      { type: 'user', _id: 'ADMIN', nickName: 'x' },
      { type: 'user', _id: someone('late'), nickName: 'x' },
      [room],
      null,
    ];
    const faults: [number, string][] = [
      [3, 'INVALID_PAYLOAD'],
      [4, 'USER_NO_EXISTS'],
      [5, 'ROOM_NO_EXISTS'],
      [6, 'MESSAGE_NO_EXISTS'],
      ...[9, 10, 12, 13, 14, 15].map((line): [number, string] => [line, 'INVALID_PAYLOAD']),
      [16, 'ROOM_ALREADY_EXISTS'],
      [17, 'JOIN_USERS_EMPTY'],
      [18, 'USER_NO_EXISTS'],
      [19, 'INVALID_PAYLOAD'],
      [20, 'ROOM_IS_FULL'],
      ...[21, 22, 23, 25, 26].map((line): [number, string] => [line, 'INVALID_PAYLOAD']),
    ];
    return { lines, faults, counts: { users: 1, rooms: 1, messages: 3, skipped: 1, errors: faults.length } };
  }

  it('each bad line is named with its number and code, and keeps no other line out', async () => {
    const { lines, faults, counts } = flawed();
    const report = await runImport(engine.platform, lines);
    expect(report.errors.map(({ line, code }) => [line, code])).to.deep.equal(faults);
    expect(report).to.deep.include({ state: 'done', counts, line: lines.length });
  });

  it('?validate=true and ?dryRun=true report the same, and write nothing', async () => {
    for (const query of ['?validate=true', '?dryRun=true']) {
      const { lines, faults, counts } = flawed();
      const before = await everything();
      const report = await runImport(engine.platform, lines, query);
      expect(report.errors.map(({ line, code }) => [line, code])).to.deep.equal(faults);
      expect(report).to.deep.include({ state: 'done', validate: true, counts });
      expect(await everything()).to.equal(before);
      expect((await runImport(engine.platform, lines)).counts, 'and afterwards it is done so').to.deep.equal(
        counts,
      );
    }
  });

  it('of many errors the first 100 are told, and all counted', async () => {
    const report = await runImport(
      engine.platform,
      Array.from({ length: 2_500 }, () => '{'),
    );
    expect(report.errors.map(({ line }) => line)).to.deep.equal(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(report.counts.errors).to.equal(2_500);
  });

  it('BOM, CRLF, empty lines and a last line without an end are fine; what is no UTF-8 or no JSON is a bad line', async () => {
    const ann = someone('ann');
    const talk = aTalk([ann], 3);
    const [room, ...messages] = talk.map(line => JSON.stringify(line));
    const body = Buffer.concat([
      Buffer.from(`\ufeff${room}\r\n\r\n  \n${messages[0]}\r\n`),
      Buffer.from([0x22, 0xff, 0xfe, 0x80, 0x22, 0x0a]),
      Buffer.from(`${messages[1]}\u0000\n\n${messages[2]}`),
    ]);
    const answer = await fetch(`${engine.url}/chat/imports`, {
      method: 'POST',
      headers: { 'chat-api-key': API_KEY, 'content-type': 'application/json' },
      body: new Uint8Array(body),
    });
    const { importId } = (await answer.json()) as { importId: string };
    const report = await reportOf(engine.platform, importId);
    expect(report.errors).to.deep.equal([
      { line: 5, code: 'INVALID_PAYLOAD', message: 'the line is not UTF-8' },
      { line: 6, code: 'INVALID_PAYLOAD', message: 'the line is not JSON' },
    ]);
    expect(report).to.deep.include({ line: 8 });
    expect(report.counts).to.deep.include({ rooms: 1, messages: 2 });
  });

  it('hostile lines are refused and stop nothing: huge, deep, operators, wrong types', async function () {
    this.timeout(120_000);
    const ann = someone('ann');
    const [room, one] = aTalk([ann], 1);
    const key = room.importKey;
    const hostile = [
      `{"type": "message", "x": "${'y'.repeat(5_000_000)}"}`,
      '['.repeat(3_000_000),
      `{"type":"message","meta":${'{"a":'.repeat(500_000)}1${'}'.repeat(500_000)}}`,
      `{"a":"${'\\"['.repeat(100_000)}"}`,
      '{"type": "user", "__proto__": {"type": "room"}, "_id": {"$ne": null}, "nickName": "x"}',
      JSON.stringify(aMessageLine(key, ann, 2, { meta: { $where: '1' } })),
      JSON.stringify(aMessageLine(key, ann, 3, { meta: { 'a.b': '1' } })),
      JSON.stringify(aMessageLine(key, ann, 4, { author: { authorId: { $gt: '' } } })),
      JSON.stringify(aMessageLine(key, ann, 5, { meta: { long: 'x'.repeat(10_000) } })),
      '"text"',
      '42',
      'NaN',
    ];
    const report = await runImport(engine.platform, jsonl([room, ...hostile, one]));
    expect(report.state).to.equal('done');
    expect(report.counts).to.deep.equal({
      users: 0,
      rooms: 1,
      messages: 1,
      skipped: 0,
      errors: hostile.length,
    });
    expect(new Set(report.errors.map(({ code }) => code))).to.deep.equal(new Set(['INVALID_PAYLOAD']));
    expect(({} as Record<string, unknown>)['type']).to.equal(undefined);
  });

  it('every field of every kind of line, with every bad value, is refused or means nothing', async function () {
    this.timeout(180_000);
    const ann = someone('ann');
    const [room, message] = aTalk([ann], 1, {
      rules: { canSeeHistory: true },
      meta: { a: 1 },
      link: { sid: 's', name: 'n' },
    });
    const user = { type: 'user', _id: someone('user'), nickName: 'x', profileUrl: '', meta: { a: 1 } };
    const lines = [
      room,
      { ...message, meta: { a: 1 }, mentions: [ann], replyTo: null, deleted: false },
      user,
    ];
    const spoiled = lines.flatMap(line =>
      pathsOf(line).flatMap(path =>
        BAD_VALUES.filter(([, bad]) => path.length > 0 || bad !== MISSING).map(([, bad]) =>
          JSON.stringify(withAt(line, path, bad)),
        ),
      ),
    );
    const report = await runImport(engine.platform, jsonl([room, ...spoiled]), '?validate=true');
    expect(report.state).to.equal('done');
    expect(report.counts.errors).to.be.above(spoiled.length / 2);
    const real = await runImport(engine.platform, jsonl([room, ...spoiled]));
    expect([real.state, real.counts.errors]).to.deep.equal(['done', report.counts.errors]);
  });

  it('a person with as many rooms as allowed gets no more', async () => {
    const ann = someone('ann');
    const report = await runImport(
      engine.platform,
      Array.from({ length: 62 }, () => aRoomLine([ann])),
    );
    expect(report.errors.map(({ line, code }) => [line, code])).to.deep.equal([
      [61, 'TOO_MANY_ROOMS'],
      [62, 'TOO_MANY_ROOMS'],
    ]);
  });

  it('needs the scopes of all that it writes', async () => {
    for (const scope of ['messages:write', 'rooms:write', 'users:write'] as const) {
      const { platform } = await newKeyFor(engine, { without: [scope] });
      expectRefusal(await startImport(platform, '{}'), 403, 'YOU_HAVE_NO_AUTHORIZATION');
    }
    const { platform } = await newKeyFor(engine, {
      scopes: ['messages:write', 'rooms:write', 'users:write'],
    });
    expect((await runImport(platform, aTalk([someone()], 1))).counts).to.deep.include({
      rooms: 1,
      messages: 1,
    });
  });

  it('a key that is bound to links imports only into them, and sees only its own imports', async () => {
    const [sid, ann] = [someone('sid'), someone('ann')];
    const { platform } = await newKeyFor(engine, { links: [sid] });
    const link = (of: string) => ({ link: { sid: of, name: 'n' } });
    const report = await runImport(platform, [
      ...aTalk([ann], 1, link(sid)),
      ...aTalk([ann], 1, link(someone('foreign'))),
      ...aTalk([ann], 1),
    ]);
    expect(report.counts).to.deep.include({ rooms: 1, messages: 1, errors: 4 });
    expect(new Set(report.errors.map(({ code }) => code))).to.deep.equal(new Set(['ROOM_NO_EXISTS']));
    const other = await newKeyFor(engine, { links: [sid] });
    expectRefusal(await other.platform.call('GET', `/chat/imports/${report.importId}`), 404, 'NOT_FOUND');
    expect((await engine.platform.do('GET', `/chat/imports/${report.importId}`)).importId).to.equal(
      report.importId,
    );
  });

  it('importKeys of different links, or of different keys, do not meet', async () => {
    const [ann, importKey] = [someone('ann'), someone('key')];
    const more = (sid: string | null) => ({ importKey, ...(sid ? { link: { sid, name: 'n' } } : {}) });
    for (const sid of [null, someone('sid'), someone('sid')])
      expect((await runImport(engine.platform, aTalk([ann], 2, more(sid)))).counts).to.deep.include({
        messages: 2,
        errors: 0,
      });
    const { platform } = await newKeyFor(engine);
    expect((await runImport(platform, aTalk([someone()], 2, more(null)))).counts).to.deep.include({
      messages: 2,
      errors: 0,
    });
  });

  it('an empty body, an encoded one and one that is too large are refused, and leave nothing behind', async () => {
    expectRefusal(await startImport(engine.platform, ''), 400, 'INVALID_PAYLOAD');
    const gzip = { 'content-encoding': 'gzip' };
    expectRefusal(await startImport(engine.platform, '{}', '', gzip), 400, 'INVALID_PAYLOAD');
    const small = await startEngine({ env: { MAX_IMPORT_BYTES: '1000' } });
    const answer = await startImport(small.platform, 'x'.repeat(1_001));
    const left: string[] = [];
    for await (const { key } of small.app.chat.files.objects.list('imports/')) left.push(key);
    const waiting = await small.database.imports.countDocuments({ state: { $ne: 'failed' } });
    await small.close();
    expectRefusal(answer, 413, 'FILE_TOO_LARGE');
    expect([left, waiting]).to.deep.equal([[], 0]);
  });

  it('an unknown import is not found', async () => {
    for (const id of [NOWHERE, 'x'])
      expectRefusal(await engine.platform.call('GET', `/chat/imports/${id}`), 404, 'NOT_FOUND');
  });

  it('the same Idempotency-Key starts one import, whatever its body', async () => {
    const [key, ann] = [{ 'idempotency-key': someone('key') }, someone('ann')];
    const body = jsonl(aTalk([ann], 2));
    const [first, again] = await Promise.all([0, 1].map(() => startImport(engine.platform, body, '', key)));
    expect([first!.status, again!.status]).to.deep.equal([200, 200]);
    expect(first!.body).to.deep.equal(again!.body);
    await reportOf(engine.platform, first!.body.importId as string);
    expect(await engine.platform.messages(await roomIdOf(engine, ann))).to.have.length(2);
    expectRefusal(await startImport(engine.platform, body, '?validate=true', key), 400, 'INVALID_PAYLOAD');
  });

  it('dates of messages are theirs, also when the file is not in their order', async () => {
    const ann = someone('ann');
    const [room] = aTalk([ann], 0);
    await runImport(engine.platform, [room, ...[50, 10, 30].map(n => aMessageLine(room.importKey, ann, n))]);
    const messages = await engine.platform.messages(await roomIdOf(engine, ann));
    expect(messages.map(({ seq, createdAt }) => [seq, createdAt])).to.deep.equal([
      [1, oldDate(50)],
      [2, oldDate(10)],
      [3, oldDate(30)],
    ]);
  });
});
