import { expect } from 'chai';
import { webhookSender } from '../../src/services/webhooks/sender.ts';
import { Receiver } from '../helpers/receiver.ts';

/** Everything that is not the public internet, in every way to write it that a URL takes. */
const CLOSED = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '0.0.0.0',
  '10.0.0.5',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '100.127.255.254',
  '169.254.169.254',
  '192.0.0.192',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[0:0:0:0:0:ffff:10.0.0.1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[2001:0:7f00:1::]',
  '[2001:db8::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
];
const OPEN = [
  '8.8.8.8',
  '100.63.255.255',
  '172.32.0.1',
  '169.253.1.1',
  '[2606:4700::1111]',
  '[::ffff:8.8.8.8]',
];
const HEADERS = { 'content-type': 'application/json' };
const never = new AbortController().signal;

describe('where webhooks may go', () => {
  const sender = webhookSender({ production: false, allow: [] });

  for (const host of CLOSED) {
    it(`not to ${host}`, async () => {
      expect(await sender.refusal(`http://${host}/x`)).to.equal('leads to an address that is not public');
      const outcome = await sender.post(`http://${host}/x`, HEADERS, '{}', never);
      expect(outcome).to.deep.include({ status: null, error: 'leads to an address that is not public' });
    });
  }

  for (const host of OPEN)
    it(`to ${host}`, async () => expect(await sender.refusal(`https://${host}/x`)).to.equal(null));

  it('not where any one of the addresses of a name is closed', async () => {
    const found = (...addresses: string[]) =>
      webhookSender({
        production: false,
        allow: [],
        resolve: async () => addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
      }).refusal('https://partner.example.com/');
    expect(await found('8.8.8.8', '2606:4700::1111')).to.equal(null);
    for (const closed of ['10.0.0.1', '::1', '::ffff:10.0.0.1', 'fe80::1%eth0'])
      expect(await found('8.8.8.8', closed), closed).to.equal('leads to an address that is not public');
  });

  it('a name that is not known today may be tomorrow; it is not reached meanwhile', async () => {
    const unknown = webhookSender({
      production: false,
      allow: [],
      resolve: () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })),
    });
    expect(await unknown.refusal('https://partner.example.com/')).to.equal(null);
    const outcome = await unknown.post('https://partner.example.com/', HEADERS, '{}', never);
    expect(outcome).to.deep.include({ status: null, error: 'ENOTFOUND' });
  });

  it('in production over https alone', async () => {
    const strict = webhookSender({ production: true, allow: [] });
    expect(await strict.refusal('http://8.8.8.8/')).to.equal('must be an https address');
    expect(await strict.refusal('https://8.8.8.8/')).to.equal(null);
    expect((await strict.post('http://8.8.8.8/', HEADERS, '{}', never)).error).to.equal(
      'must be an https address',
    );
  });

  it('exceptions are names, addresses and networks, and nothing beside them', async () => {
    const resolve = async () => [{ address: '10.1.2.3', family: 4 }];
    const refusal = (allow: string[], url: string) =>
      webhookSender({ production: false, allow, resolve }).refusal(url);
    expect(await refusal(['partner.internal'], 'http://PARTNER.internal/')).to.equal(null);
    expect(await refusal(['partner.internal'], 'http://other.internal/')).to.be.a('string');
    expect(await refusal(['10.1.0.0/16'], 'http://any.internal/')).to.equal(null);
    expect(await refusal(['10.1.2.3'], 'http://10.1.2.3/')).to.equal(null);
    expect(await refusal(['10.1.2.3'], 'http://[::ffff:10.1.2.3]/')).to.equal(null);
    expect(await refusal(['10.2.0.0/16'], 'http://any.internal/')).to.be.a('string');
    expect(await refusal(['fd00::/8'], 'http://[fd12::1]/')).to.equal(null);
  });
});

describe('what webhooks are sent with', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(() => receiver.close());

  it('the connection goes to the address that was checked: the name is looked up once', async () => {
    let looked = 0;
    const sender = webhookSender({
      production: false,
      allow: ['rebinding.example.com'],
      // The second time the name would lead elsewhere.
      resolve: async () => [{ address: ++looked === 1 ? '127.0.0.1' : '203.0.113.1', family: 4 }],
    });
    const url = `http://rebinding.example.com:${receiver.port}/x`;
    const outcome = await sender.post(url, HEADERS, '{"id":"1"}', never);
    expect([outcome.status, looked]).to.deep.equal([200, 1]);
    expect(receiver.received[0]!.headers['host']).to.equal(`rebinding.example.com:${receiver.port}`);
  });

  it('who waits is released at once when the work is stopped, also from a name server that does not answer', async () => {
    const stop = new AbortController();
    const sender = webhookSender({
      production: false,
      allow: [],
      resolve: () => new Promise(() => undefined),
    });
    const sent = sender.post('http://silent.example.com/', HEADERS, '{}', stop.signal);
    stop.abort();
    expect((await sent).status).to.equal(null);
  });

  it('a Retry-After that is a date is the time until then', async () => {
    const sender = webhookSender({ production: false, allow: ['127.0.0.1'] });
    receiver.answer = () => response =>
      response.writeHead(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }).end();
    expect((await sender.post(receiver.url, HEADERS, '{"id":"1"}', never)).retryAfter).to.be.within(58, 61);
  });
});
