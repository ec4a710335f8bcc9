import { expect } from 'chai';
import { BUILT_IN_API_KEY, BUILT_IN_SECRET, readConfig, VARIABLES } from '../../src/config.ts';

const SECRET = 's'.repeat(32);
const URI = 'mongodb://127.0.0.1:27017/madang';
const PRODUCTION = {
  NODE_ENV: 'production',
  MONGODB_URI: URI,
  JWT_SECRET: SECRET,
  CHAT_API_KEY: 'a-key-of-our-own',
};

describe('configuration: DEV', () => {
  const dev = (env: NodeJS.ProcessEnv) => readConfig({ JWT_SECRET: SECRET, ...env }).dev;

  it('is on by default with the embedded database outside production', () => {
    expect(dev({})).to.equal(true);
    expect(dev({ NODE_ENV: 'test' })).to.equal(true);
    expect(dev({ MONGODB_URI: '', DEV: '' }), 'empty is as not set').to.equal(true);
  });

  it('is off with MONGODB_URI unless set by hand, and in production', () => {
    expect(dev({ MONGODB_URI: URI })).to.equal(false);
    expect(dev({ MONGODB_URI: URI, DEV: 'true' })).to.equal(true);
    expect(dev({ DEV: 'false' })).to.equal(false);
    expect(dev({ NODE_ENV: 'production' })).to.equal(false);
  });

  it('is refused in production', () => {
    expect(() => readConfig({ ...PRODUCTION, DEV: 'true' })).to.throw('DEV');
  });

  it('opens the conveniences: built-in secret and key, any Origin, loopback only', () => {
    const { tokenKey, apiKey, allowedOrigins, host } = readConfig({});
    expect({ tokenKey, apiKey, allowedOrigins, host }).to.deep.equal({
      tokenKey: { secret: BUILT_IN_SECRET },
      apiKey: BUILT_IN_API_KEY,
      allowedOrigins: 'any',
      host: '127.0.0.1',
    });
  });

  it('without it HOST is all addresses, and what is set by hand counts in both cases', () => {
    expect(readConfig(PRODUCTION).host).to.equal('0.0.0.0');
    expect(readConfig({ ...PRODUCTION, HOST: '10.0.0.5' }).host).to.equal('10.0.0.5');
    expect(readConfig({ HOST: '0.0.0.0' }).host).to.equal('0.0.0.0');
  });
});

describe('configuration: what is refused', () => {
  const start = (env: NodeJS.ProcessEnv) => () => readConfig(env);

  it('without DEV: no secret, the built-in secret, the built-in key', () => {
    expect(start({ MONGODB_URI: URI })).to.throw(/JWT_SECRET.*JWT_PUBLIC_KEY/);
    expect(start({ MONGODB_URI: URI, JWT_SECRET: BUILT_IN_SECRET })).to.throw('JWT_SECRET');
    expect(start({ MONGODB_URI: URI, JWT_SECRET: SECRET, CHAT_API_KEY: BUILT_IN_API_KEY })).to.throw(
      'CHAT_API_KEY',
    );
    expect(start({ ...PRODUCTION, JWT_SECRET: BUILT_IN_SECRET })).to.throw('JWT_SECRET');
  });

  it('in production: a secret below 32 bytes; bytes count, not characters', () => {
    expect(start({ ...PRODUCTION, JWT_SECRET: 's'.repeat(31) })).to.throw(/JWT_SECRET.*32/);
    expect(start({ ...PRODUCTION, JWT_SECRET: '비'.repeat(11) })).not.to.throw();
    expect(start({ ...PRODUCTION, JWT_SECRET: '' })).to.throw('JWT_SECRET');
    expect(start({ MONGODB_URI: URI, JWT_SECRET: 'short' }), 'outside production').not.to.throw();
  });

  it('both kinds of keys at once, with DEV too', () => {
    const JWT_PUBLIC_KEY = '-----BEGIN PUBLIC KEY-----\\n…';
    expect(start({ JWT_SECRET: SECRET, JWT_PUBLIC_KEY })).to.throw(/JWT_SECRET.*JWT_PUBLIC_KEY/);
    expect(start({ ...PRODUCTION, JWT_SECRET: '', JWT_PUBLIC_KEY })).not.to.throw();
  });

  it('values that are none, with a message that names the variable and never shows a secret', () => {
    const wrong: Record<string, string> = {
      PORT: '70000',
      DEV: 'perhaps',
      LOG_LEVEL: 'loud',
      MONGODB_URI: 'postgres://user:hunter22@db/x',
      CHAT_API_KEY: 'hunter2',
      CHAT_NAMESPACE: 'chat',
      PROTOCOLS: 'chat,smoke-signals',
      PUBLIC_URL: 'ftp://chat.example.com',
      USER_DIRECTORY: 'some',
      MAX_TEXT_LENGTH: '-1',
      EVENTS_PER_SECOND: 'many',
      MAX_ROOM_MEMBERS: '1.5',
    };
    for (const [name, value] of Object.entries(wrong)) {
      expect(start({ JWT_SECRET: SECRET, [name]: value }), name).to.throw(name);
      expect(start({ JWT_SECRET: SECRET, [name]: value }), name).not.to.throw('hunter2');
    }
  });
});

describe('configuration: S3', () => {
  const s3 = (env: NodeJS.ProcessEnv) => readConfig(env).s3;
  const keys = { S3_ACCESS_KEY_ID: 'AKIA1', S3_SECRET_ACCESS_KEY: 'hunter22' };

  it('is off without a bucket; empty is as not set', () => {
    expect(s3({})).to.equal(null);
    expect(s3({ S3_BUCKET: '', S3_ENDPOINT: '', S3_REGION: '', S3_ACCESS_KEY_ID: '' })).to.equal(null);
  });

  it('takes a bucket alone, or with endpoint, region and both keys', () => {
    expect(s3({ S3_BUCKET: 'chat-files' })).to.deep.equal({ bucket: 'chat-files', region: 'us-east-1' });
    const more = { S3_ENDPOINT: 'http://minio:9000', S3_REGION: 'ap-northeast-2' };
    expect(s3({ S3_BUCKET: 'chat-files', ...more, ...keys })).to.deep.equal({
      bucket: 'chat-files',
      region: 'ap-northeast-2',
      endpoint: 'http://minio:9000',
      accessKeyId: 'AKIA1',
      secretAccessKey: 'hunter22',
    });
  });

  it('refuses half of it, and never shows the secret', () => {
    for (const [name, value] of Object.entries({ S3_ENDPOINT: 'http://a', S3_REGION: 'b', ...keys })) {
      expect(() => s3({ [name]: value }), name).to.throw(`${name} is set without S3_BUCKET`);
    }
    for (const [name, value] of Object.entries(keys)) {
      const half = () => s3({ S3_BUCKET: 'chat-files', [name]: value });
      expect(half, name).to.throw('set both S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY');
      expect(half, name).not.to.throw('hunter22');
    }
    for (const [name, value] of Object.entries({
      S3_BUCKET: 'a/b',
      S3_ENDPOINT: 'minio:9000',
      S3_REGION: 'a b',
    }))
      expect(() => s3({ S3_BUCKET: 'chat-files', [name]: value }), name).to.throw(name);
  });
});

describe('configuration: defaults', () => {
  it('are those of the contract', () => {
    const config = readConfig(PRODUCTION);
    expect(config).to.deep.include({
      port: 3_000,
      dataDir: './data',
      chatNamespace: '/chat',
      logLevel: 'info',
      userDirectory: 'all',
    });
    expect(config).to.deep.include({
      memberCardTypes: ['LINK_INVITATION'],
      joinUsersInlineMax: 100,
      trustedProxies: [],
      allowedOrigins: [],
    });
    expect(config.protocols).to.include.members(['chat', 'platform']);
    expect(config.limits).to.deep.include({
      textLength: 10_000,
      eventBytes: 64 * 1_024,
      sliceBytes: 1_024 * 1_024,
      jsonBytes: 256 * 1_024,
      roomMembers: 10_000,
      userRooms: 5_000,
      eventsPerSecond: 20,
      eventsBurst: 60,
      sendsPerSecond: 10,
      sendsBurst: 30,
      connectionsPerUser: 20,
      connectionsPerAddress: 200,
      newRoomsPerHour: 30,
      invitesPerHour: 200,
    });
  });

  it('without CHAT_API_KEY there is no key; without DEV none is made up', () => {
    expect(readConfig({ ...PRODUCTION, CHAT_API_KEY: '' }).apiKey).to.equal(null);
  });

  it('allowed Origins are those of the list, else that of PUBLIC_URL', () => {
    const PUBLIC_URL = 'https://chat.example.com:8443/path/';
    expect(readConfig({ ...PRODUCTION, PUBLIC_URL }).allowedOrigins).to.deep.equal([
      'https://chat.example.com:8443',
    ]);
    const ALLOWED_ORIGINS = ' https://a.example.com , https://b.example.com,';
    expect(readConfig({ ...PRODUCTION, PUBLIC_URL, ALLOWED_ORIGINS }).allowedOrigins).to.deep.equal([
      'https://a.example.com',
      'https://b.example.com',
    ]);
    expect(readConfig({ ALLOWED_ORIGINS }).allowedOrigins, 'with DEV too').to.have.length(2);
  });

  it('PROTOCOLS switches on what it names', () => {
    expect(readConfig({ PROTOCOLS: 'platform' }).protocols).to.deep.equal(['platform']);
    expect(readConfig({ PROTOCOLS: ' chat , platform ' }).protocols).to.deep.equal(['chat', 'platform']);
  });

  it('MONGODB_URI may name a replica set, a cluster by DNS, and a password', () => {
    for (const uri of [
      URI,
      'mongodb://h1:27017,h2:27017,h3:27018/madang?replicaSet=rs0&w=majority',
      'mongodb://user:p%40ss@h1,h2/madang?replicaSet=rs0',
      'mongodb+srv://user:pass@cluster0.example.net/madang?retryWrites=true',
      'mongodb://[::1]:27017/madang',
    ]) {
      expect(readConfig({ ...PRODUCTION, MONGODB_URI: uri }).mongodbUri).to.equal(uri);
    }
  });

  it('cannot be changed once read, and every variable has a line for the README', () => {
    expect(Object.isFrozen(readConfig({}))).to.equal(true);
    for (const [name, { doc }] of Object.entries(VARIABLES)) expect(doc, name).to.match(/^.{10,}\.$/s);
    const promised = [
      'PORT',
      'HOST',
      'NODE_ENV',
      'DEV',
      'MONGODB_URI',
      'DATA_DIR',
      'JWT_SECRET',
      'JWT_PUBLIC_KEY',
      'CHAT_API_KEY',
      'CHAT_NAMESPACE',
      'PROTOCOLS',
      'ALLOWED_ORIGINS',
      'PUBLIC_URL',
      'FIREBASE_CREDENTIALS',
    ];
    expect(Object.keys(VARIABLES)).to.include.members(promised);
  });
});
