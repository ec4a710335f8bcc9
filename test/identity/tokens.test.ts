import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import jwt from 'jsonwebtoken';
import { readConfig } from '../../src/config.ts';
import { ChatClient } from '../helpers/client.ts';
import { SECRET, sharedEngine, startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';
import { claimsToken } from '../helpers/tokens.ts';

const soon = () => Math.floor(Date.now() / 1_000) + 3_600;
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** What the server says to this token: the code of the refusal, or the user's entry in the directory. */
async function saidTo(engine: Engine, token: unknown): Promise<string> {
  try {
    const client = await ChatClient.connect(`${engine.url}/chat`, token);
    client.close();
    return 'ok';
  } catch (error) {
    expect(error).to.have.property('message', 'not authorized');
    return (error as { data: { code: string } }).data.code;
  }
}

describe('user tokens', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const said = (token: unknown) => saidTo(engine, token);

  it('HS256 with the secret, an id and an exp is let in', async () => {
    expect(await said(claimsToken({ id: someone(), exp: soon() }))).to.equal('ok');
  });

  it('`none`, in any spelling, is refused', async () => {
    const claims = { id: someone(), exp: soon() };
    for (const alg of ['none', 'None', 'NONE', '']) {
      expect(await said(`${part({ alg, typ: 'JWT' })}.${part(claims)}.`), alg).to.equal('TOKEN_INVALID');
    }
    const signature = claimsToken(claims).split('.')[2]!;
    expect(await said(`${part({ alg: 'none' })}.${part(claims)}.${signature}`)).to.equal('TOKEN_INVALID');
  });

  it('another algorithm is refused, with the right secret too', async () => {
    for (const algorithm of ['HS384', 'HS512'] as const) {
      expect(
        await said(claimsToken({ id: someone(), exp: soon() }, SECRET, { algorithm })),
        algorithm,
      ).to.equal('TOKEN_INVALID');
    }
  });

  it('a wrong key, a changed claim and a cut signature are refused', async () => {
    const claims = { id: someone(), exp: soon() };
    const [head, , signature] = claimsToken(claims).split('.');
    expect(await said(claimsToken(claims, 'another-secret-of-thirty-two-bytes!!'))).to.equal('TOKEN_INVALID');
    expect(await said(`${head}.${part({ ...claims, id: 'somebody else' })}.${signature}`)).to.equal(
      'TOKEN_INVALID',
    );
    expect(await said(claimsToken(claims).slice(0, -2))).to.equal('TOKEN_INVALID');
  });

  it('an expired one is TOKEN_EXPIRED, one that is not valid yet TOKEN_INVALID, one without exp too', async () => {
    const now = soon() - 3_600;
    expect(await said(claimsToken({ id: someone(), exp: now - 1 }))).to.equal('TOKEN_EXPIRED');
    expect(await said(claimsToken({ id: someone(), exp: soon(), nbf: now + 600 }))).to.equal('TOKEN_INVALID');
    expect(await said(claimsToken({ id: someone() }))).to.equal('TOKEN_INVALID');
    const exp = [null, 'tomorrow', {}, `${soon()}`];
    for (const value of exp) {
      const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ id: someone(), exp: value })}`;
      const signature = createHmac('sha256', SECRET).update(body).digest('base64url');
      expect(await said(`${body}.${signature}`), JSON.stringify(value)).to.equal('TOKEN_INVALID');
    }
  });

  it('a user id that is not a non-empty string or a safe integer is refused, and so is ADMIN', async () => {
    const bad = [
      '',
      '  ',
      null,
      true,
      1.5,
      2 ** 53,
      [],
      ['u'],
      {},
      { $ne: '' },
      'ADMIN',
      'a\0b',
      'x'.repeat(129),
      '\ud800',
    ];
    for (const id of bad)
      expect(await said(claimsToken({ id, exp: soon() })), JSON.stringify(id)).to.equal('TOKEN_INVALID');
    expect(await said(claimsToken({ exp: soon() })), 'none at all').to.equal('TOKEN_INVALID');
  });

  it('what is no token at all is refused', async () => {
    const text = jwt.sign('just text', SECRET);
    for (const token of [
      undefined,
      null,
      '',
      'x',
      'a.b.c',
      7,
      true,
      {},
      [],
      ['x'],
      text,
      'x'.repeat(10_000),
    ]) {
      expect(await said(token), JSON.stringify(token)?.slice(0, 20)).to.equal('TOKEN_INVALID');
    }
  });

  it('a token that is longer than any sensible one is refused, however well it is signed', async () => {
    expect(await said(claimsToken({ id: someone(), exp: soon(), more: 'x'.repeat(9_000) }))).to.equal(
      'TOKEN_INVALID',
    );
  });
});

describe('claims of a user token', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const userOf = async (claims: Record<string, unknown>, id: string) => {
    expect(await saidTo(engine, claimsToken({ exp: soon(), ...claims }))).to.equal('ok');
    const { lastSeenAt: _, ...user } = await engine.platform.do(
      'GET',
      `/chat/users/${encodeURIComponent(id)}`,
    );
    return user;
  };

  it('the user id is `id`, else `sub`; a number is kept as its decimal string', async () => {
    const [id, sub] = [someone(), someone()];
    expect((await userOf({ id, sub: someone() }, id))._id).to.equal(id);
    expect((await userOf({ sub }, sub))._id).to.equal(sub);
    expect((await userOf({ id: null, sub }, sub))._id).to.equal(sub);
    const number = 900_000_000 + process.pid;
    expect((await userOf({ id: number }, `${number}`))._id).to.equal(`${number}`);
    const a = await ChatClient.connect(`${engine.url}/chat`, claimsToken({ id: number, exp: soon() }));
    const room = await a.do('createNewRoom', { users: [], name: '혼자' });
    expect(room.joinUsers[0]._id).to.equal(`${number}`);
    a.close();
  });

  it('the nick is `nickName`, else `nickname`, else `name`, else the id', async () => {
    const all = { nickName: '하나', nickname: '둘', name: '셋' };
    const nickOf = async (claims: object) => {
      const id = someone();
      return (await userOf({ id, ...claims }, id)).nickName.replace(id, 'the id');
    };
    expect(await nickOf(all)).to.equal('하나');
    expect(await nickOf({ ...all, nickName: undefined })).to.equal('둘');
    expect(await nickOf({ name: '셋' })).to.equal('셋');
    expect(await nickOf({})).to.equal('the id');
    expect(await nickOf({ nickName: 5 }), 'no string').to.equal('the id');
    expect(await nickOf({ nickName: ' ' }), 'nothing to see').to.equal('the id');
  });

  it('profileUrl, email (else identity) and phone are taken; a picture must be on the web', async () => {
    const [one, two, three] = [someone(), someone(), someone()];
    const profileUrl = 'https://img.example.com/p.png';
    const full = { id: one, profileUrl, email: 'a@example.com', identity: 'b@example.com', phone: '010' };
    expect(await userOf(full, one)).to.deep.include({
      profileUrl,
      meta: { email: 'a@example.com', phone: '010' },
    });
    expect((await userOf({ id: two, identity: 'b@example.com' }, two)).meta).to.deep.equal({
      email: 'b@example.com',
    });
    const evil = await userOf({ id: three, profileUrl: 'javascript:alert(1)', email: {} }, three);
    expect(evil).to.deep.include({ profileUrl: null, meta: null });
  });
});

describe('JWT_PUBLIC_KEY', () => {
  const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();
  const pairs = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  };
  const engines: Engine[] = [];
  after(() => Promise.all(engines.map(engine => engine.close())));

  for (const [algorithm, { publicKey, privateKey }] of Object.entries(pairs)) {
    it(`pins ${algorithm}: its tokens are let in, all others refused, also those signed with the public key as a secret`, async () => {
      // As an environment variable holds it: with \n for the ends of lines.
      const env = { JWT_SECRET: '', JWT_PUBLIC_KEY: pem(publicKey).replaceAll('\n', '\\n') };
      const engine = await startEngine({ env });
      engines.push(engine);
      const claims = { id: someone(), exp: soon() };
      const signed = (key: KeyObject, alg: string) =>
        claimsToken(claims, key, { algorithm: alg as jwt.Algorithm });
      expect(await saidTo(engine, signed(privateKey, algorithm))).to.equal('ok');
      const hmac = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
      const confused = `${hmac}.${createHmac('sha256', pem(publicKey)).update(hmac).digest('base64url')}`;
      const other = algorithm === 'RS256' ? 'ES256' : 'RS256';
      const stranger =
        algorithm === 'RS256'
          ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
          : generateKeyPairSync('ec', { namedCurve: 'P-256' });
      for (const token of [
        confused,
        signed(pairs[other].privateKey, other),
        signed(stranger.privateKey, algorithm),
        ...(algorithm === 'RS256' ? [signed(privateKey, 'RS512'), signed(privateKey, 'PS256')] : []),
        claimsToken(claims),
      ]) {
        expect(await saidTo(engine, token)).to.equal('TOKEN_INVALID');
      }
    });
  }

  it('together with JWT_SECRET there is no start', () => {
    const env = { JWT_SECRET: SECRET, JWT_PUBLIC_KEY: pem(pairs.RS256.publicKey) };
    expect(() => readConfig(env)).to.throw(/JWT_SECRET.*JWT_PUBLIC_KEY/);
  });

  it('what is no RSA or EC public key means no start', async () => {
    const ed = pem(generateKeyPairSync('ed25519').publicKey);
    for (const key of ['not a key', ed]) {
      const started = startEngine({ env: { JWT_SECRET: '', JWT_PUBLIC_KEY: key } }).then(engine =>
        engines.push(engine),
      );
      expect(await started.catch((error: unknown) => error), key.slice(0, 9)).to.be.an('error');
    }
  });
});
