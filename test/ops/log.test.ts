import { expect } from 'chai';
import { mongo } from 'mongoose';
import { symbols } from 'pino';
import type { Stores } from '../../src/domain/ports.ts';
import { createLog, type Log } from '../../src/ops/log.ts';
import { ChatClient } from '../helpers/client.ts';
import { API_KEY, SECRET, startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';

/** The log as production has it, and what it wrote. */
function recorded(): { log: Log; lines: string[] } {
  const log = createLog({ level: 'debug', pretty: false });
  const lines: string[] = [];
  const stream = (log as unknown as Record<symbol, { write: (line: string) => void }>)[symbols.streamSym]!;
  stream.write = line => void lines.push(line);
  return { log, lines };
}

describe('the log', () => {
  it('is one JSON line per event; what is secret by its name is not in it', () => {
    const { log, lines } = recorded();
    log.info(
      {
        token: 's3cret',
        user: { password: 's3cret', name: 'ann' },
        req: { headers: { 'chat-api-key': 's3cret', authorization: 's3cret' } },
      },
      'hello',
    );
    log.info(
      {
        apiKey: 's3cret',
        secret: 's3cret',
        parts: { secret: 's3cret', token: 's3cret', authorization: 's3cret' },
      },
      'two\nlines',
    );
    expect(lines).to.have.length(2);
    for (const line of lines) {
      expect(line.indexOf('\n'), 'one line').to.equal(line.length - 1);
      expect(JSON.parse(line)).to.have.property('msg');
      expect(line).not.to.contain('s3cret');
    }
    expect(lines[0]).to.contain('ann');
  });

  it('shows of a driver error its name, code and place, and nothing of what it carries', () => {
    const { log, lines } = recorded();
    const errors = [
      Object.assign(
        new mongo.MongoServerError({
          message: 'E11000 dup key: { text: "비밀" }',
          code: 11_000,
          keyValue: { text: '비밀' },
        }),
      ),
      new mongo.MongoBulkWriteError({ message: 'failed: 비밀', code: 121, writeErrors: [] }, {} as never),
      new mongo.MongoNetworkError('to mongodb://user:비밀@host'),
    ];
    for (const err of errors) log.error({ err }, 'it failed');
    for (const [i, line] of lines.entries()) {
      expect(line).not.to.contain('비밀');
      const { err } = JSON.parse(line);
      expect(err.type).to.equal(errors[i]!.name);
      expect(err.stack).to.match(/^ +at /);
    }
    expect(JSON.parse(lines[0]!).err.code).to.equal(11_000);
  });

  it('does not show what an error wraps, either', () => {
    const { log, lines } = recorded();
    const cause = new mongo.MongoServerError({ message: '비밀' });
    log.error({ err: new Error('outer', { cause }) }, 'it failed');
    log.error(
      { err: Object.assign(new Error('outer'), { document: { text: '비밀' }, config: { headers: '비밀' } }) },
      'it failed',
    );
    log.error({ err: '비밀' }, 'it failed');
    expect(lines.join('')).not.to.contain('비밀');
  });
});

describe('the log of a server whose store fails', () => {
  const TEXT = '아무도 보면 안 되는 글';
  const { log, lines } = recorded();
  let engine: Engine;
  let failing = false;
  let ahead = 0;

  /** Errors as the driver throws them: with the whole document in them. */
  const fault = () =>
    new mongo.MongoServerError({
      message: `refused: { text: "${TEXT}", token: "${API_KEY}" }`,
      code: 8_000,
      errInfo: { text: TEXT },
    });
  const breaking = <T extends object>(store: T): T =>
    new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (!failing) return value.apply(target, args) as unknown;
          ahead += 3_000;
          return Promise.reject(fault());
        };
      },
    });

  before(async () => {
    const stores = (real: Stores): Stores => ({
      ...real,
      log: breaking(real.log),
      users: breaking(real.users),
      rooms: breaking(real.rooms),
    });
    engine = await startEngine({ log, stores, clock: { now: () => Date.now() + ahead } });
  });
  after(() => {
    failing = false;
    return engine.close();
  });

  it('never holds tokens, keys or texts, whatever goes wrong; clients get an errorId that is in it', async () => {
    const ann = someone();
    const token = engine.token(ann);
    const room = await engine.platform.room([ann]);
    const a = await ChatClient.connect(`${engine.url}/chat?token=${token}`, token, ann);
    const payload = { syncKey: 'k', roomId: room._id, data: { type: 'TEXT', content: TEXT } };
    await a.ask('sendMessage', { ...payload, data: { type: TEXT, content: {} } });
    await a.ask(TEXT, { token });
    await a.ask('refreshToken', { token: `${token}x` });
    failing = true;
    const sent = await a.ask('sendMessage', payload);
    expect(sent.success).to.equal(false);
    expect(JSON.stringify(sent)).not.to.match(/refused|아무도|Mongo/);
    const asked = await a.ask('getInvitableUsers', { keyword: TEXT });
    const listed = await engine.platform.call('GET', `/chat/rooms?linkSid=${encodeURIComponent(TEXT)}`);
    await engine.platform.call('PUT', '/chat/users', { users: [{ _id: 'x', nickName: TEXT }] });
    await engine.platform.call('POST', '/chat/room', `{"${TEXT}`);
    await ChatClient.connect(`${engine.url}/chat`, engine.token(someone())).catch(() => undefined);
    failing = false;
    expect([asked.error, listed.status, listed.body.error]).to.deep.equal([
      'INTERNAL_ERROR',
      500,
      'INTERNAL_ERROR',
    ]);
    a.close();

    const text = lines.join('');
    for (const secret of [TEXT, token, token.split('.')[2]!, API_KEY, SECRET])
      expect(text.includes(secret), secret).to.equal(false);
    const ids = lines.map(line => JSON.parse(line).errorId).filter(Boolean);
    expect(ids).to.include.members([asked.data.errorId, listed.body.data.errorId]);
    expect(Object.keys(listed.body)).to.have.members(['statusCode', 'error', 'message', 'data']);
    expect(text).to.contain('MongoServerError');
  });
});
