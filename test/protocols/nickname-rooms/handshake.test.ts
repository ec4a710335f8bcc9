import { expect } from 'chai';
import { FRAMES as LOGIN_FRAMES } from '../../../src/protocols/login-rooms/catalogue.ts';
import { readConfig } from '../../../src/config.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';
import { claimsToken } from '../../helpers/tokens.ts';
import { closeWires, WireClient } from '../../helpers/wire.ts';
import { connect, refusalOf, user } from './guests.ts';

const SOON = Math.floor(Date.now() / 1000) + 600;

describe('nickname rooms: the handshake', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  afterEach(closeWires);

  it('a valid token and a nickname are let in, at the root and at /room', async () => {
    for (const path of ['', '/', '/room']) {
      const client = await connect(engine, { token: engine.token(someone()), nickname: 'Ann' }, path);
      expect(client.socket.connected).to.equal(true);
    }
  });

  it('E01 an expired token: refresh required', async () => {
    const token = claimsToken({ id: 'x', exp: SOON - 1_000 });
    expect(await refusalOf(connect(engine, { token, nickname: 'n' }))).to.deep.equal({
      message: 'E01',
      data: { content: 'refresh required' },
    });
  });

  it('E02 a token that nobody here has signed: login required', async () => {
    const others = claimsToken({ id: 'x', exp: SOON }, 'another-secret-of-thirty-two-bytes!!!');
    const hs512 = claimsToken({ id: 'x', exp: SOON }, undefined, { algorithm: 'HS512' });
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(`{"id":"x","exp":${SOON}}`).toString('base64url')}.`;
    const bad = [
      others,
      hs512,
      none,
      undefined,
      null,
      '',
      'x',
      42,
      {},
      [],
      { $ne: null },
      true,
      'a'.repeat(100_000),
    ];
    for (const token of bad) {
      expect(
        await refusalOf(connect(engine, { token, nickname: 'n' })),
        JSON.stringify(token)?.slice(0, 40),
      ).to.deep.equal({
        message: 'E02',
        data: { content: 'login required' },
      });
    }
    expect((await refusalOf(connect(engine, { nickname: 'n' })))?.message).to.equal('E02');
    expect((await refusalOf(connect(engine, {}, '/room')))?.message).to.equal('E02');
  });

  it('E03 a token of ours that says something wrong: no id, no end, not active yet', async () => {
    const wrong = [
      { exp: SOON },
      { id: 'x' },
      { id: 'x', exp: SOON, nbf: SOON - 1 },
      { id: '', exp: SOON },
      { id: { $ne: 1 }, exp: SOON },
      { id: 1.5, exp: SOON },
      { id: 'ADMIN', exp: SOON },
      { id: 'ANONYMOUS', exp: SOON },
    ];
    for (const claims of wrong) {
      const token = claimsToken(claims);
      expect(
        await refusalOf(connect(engine, { token, nickname: 'n' })),
        JSON.stringify(claims),
      ).to.deep.equal({
        message: 'E03',
        data: { content: 'wrong' },
      });
    }
  });

  it('E04 no nickname: nickname required', async () => {
    for (const nickname of [undefined, null, '', '   ', 7, {}, [], true]) {
      expect(await refusalOf(connect(engine, { token: engine.token(someone()), nickname }))).to.deep.equal({
        message: 'E04',
        data: { content: 'nickname required' },
      });
    }
  });

  it('a token in the query counts, as everywhere', async () => {
    const client = await connect(engine, { nickname: 'q' }, `/?token=${engine.token(someone())}`);
    expect(client.socket.connected).to.equal(true);
  });

  it('a revoked token is refused with E02, and closes who is connected with it', async () => {
    const id = someone();
    const token = claimsToken({ id, iat: SOON - 700, exp: SOON });
    const client = await connect(engine, { token, nickname: 'n' });
    await engine.platform.do('POST', `/chat/users/${id}/revokeTokens`, {});
    await client.frame('tokenExpired');
    await client.closed();
    expect((await refusalOf(connect(engine, { token, nickname: 'n' })))?.message).to.equal('E02');
  });

  it('a token that ends closes the connection; a new one of the same user keeps it', async () => {
    let now = Date.now();
    const own = await startEngine({ clock: { now: () => now } });
    try {
      const [short, long] = [await user(own, 'short'), await user(own, 'long')];
      expect(await long.ask('refreshToken', { token: own.token('long', 'n', 7_200) })).to.include({
        success: true,
      });
      expect((await long.ask('refreshToken', { token: own.token('other') })).error).to.equal(
        'CLIENT_ID_NO_EXISTS',
      );
      for (const bad of [
        undefined,
        null,
        {},
        { token: null },
        { token: 7 },
        { token: 'x' },
        { token: { $gt: '' } },
      ])
        expect((await long.ask('refreshToken', bad)).error).to.be.oneOf(['INVALID_PAYLOAD', 'TOKEN_INVALID']);
      now += 3_700_000;
      await short.frame('tokenExpired');
      await short.closed();
      await long.settled();
      expect(long.socket.connected).to.equal(true);
    } finally {
      await own.close();
    }
  });

  it('a user has as many connections as allowed', async () => {
    const own = await startEngine({ env: { CONNECTIONS_PER_USER: '2' } });
    try {
      await user(own, 'u');
      await user(own, 'u');
      expect(await refusalOf(user(own, 'u'))).to.deep.include({ message: 'not authorized' });
      await user(own, 'other');
    } finally {
      await own.close();
    }
  });
});

describe('the root namespace', () => {
  afterEach(closeWires);

  it('is of the login rooms when auth names nobody; a null name is a name', async () => {
    const engine = await sharedEngine();
    for (const auth of [undefined, {}, { other: 1 }]) {
      const client = await WireClient.connect(engine.url, LOGIN_FRAMES, auth);
      expect(await client.ask('ping'), JSON.stringify(auth)).to.equal(client.socket.id);
    }
    for (const auth of [{ token: null }, { nickname: null }, { token: null, nickname: null }])
      expect((await refusalOf(connect(engine, auth)))?.message).to.equal('E02');
  });

  it('lets each protocol be switched off', async () => {
    const logins = await startEngine({ env: { PROTOCOLS: 'login-rooms' } });
    const rooms = await startEngine({ env: { PROTOCOLS: 'nickname-rooms' } });
    try {
      const auth = { token: rooms.token('u'), nickname: 'n' };
      for (const path of ['', '/room'])
        expect((await refusalOf(connect(logins, auth, path)))?.message).to.equal('Invalid namespace');
      for (const path of ['', '/lobby'])
        expect((await refusalOf(connect(rooms, {}, path)))?.message).to.equal('Invalid namespace');
      await connect(rooms, auth);
      await connect(logins, {});
    } finally {
      await logins.close();
      await rooms.close();
    }
  });

  it('ROOM_ANONYMOUS is what DEV is, and refused in production; ROOM_TIMEZONE has to be one', () => {
    const base = { JWT_SECRET: 'x'.repeat(32), MONGODB_URI: 'mongodb://x/y' };
    expect(readConfig({ ...base, DEV: 'true' }).roomAnonymous).to.equal(true);
    expect(readConfig({ ...base, DEV: 'true', ROOM_ANONYMOUS: 'false' }).roomAnonymous).to.equal(false);
    expect(readConfig(base).roomAnonymous).to.equal(false);
    expect(() => readConfig({ ...base, NODE_ENV: 'production', ROOM_ANONYMOUS: 'true' })).to.throw(
      'ROOM_ANONYMOUS',
    );
    expect(readConfig(base).roomTimezone).to.equal('Asia/Seoul');
    expect(() => readConfig({ ...base, ROOM_TIMEZONE: 'Mars/Phobos' })).to.throw('ROOM_TIMEZONE');
  });
});
