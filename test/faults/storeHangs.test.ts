import { expect } from 'chai';
import { databaseUri } from '../helpers/database.ts';
import { newKey, type Message } from '../helpers/client.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { guests, roomOf } from '../helpers/party.ts';
import { eventually } from '../helpers/processes.ts';
import { startProxy, type Proxy } from '../helpers/proxy.ts';

describe('when the database takes what it is sent and answers nothing', function () {
  this.timeout(60_000);
  let proxy: Proxy;
  let engine: Engine;
  before(async () => {
    const uri = new URL(await databaseUri('hanging'));
    proxy = await startProxy(Number(uri.port));
    uri.port = String(proxy.port);
    engine = await startEngine({ env: { MONGODB_URI: uri.href }, heartbeatPatience: 3_000 });
  });
  after(async () => {
    proxy.hangs = false;
    await engine?.close();
    await proxy.close();
  });

  it('a send is refused with a code before a client gives it up, and its retry is one message', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([ann, bob]);
    await ann.send(room._id, 'before');
    proxy.hangs = true;
    const payloads = ['one', 'two', 'three'].map(content => ({
      roomId: room._id,
      syncKey: newKey(),
      data: { content },
    }));
    const refused = await Promise.all(payloads.map(payload => ann.ask('sendMessage', payload)));
    expect(refused.map(({ error }) => error)).to.deep.equal(Array(3).fill('TEMPORARILY_UNAVAILABLE'));
    proxy.hangs = false;
    proxy.cut();
    await eventually('readiness', async () => (await engine.platform.call('GET', '/readyz')).status === 200);
    const sent: Message[] = [];
    for (const payload of payloads) sent.push((await ann.do('sendMessage', payload)).message);
    const log = await bob.history(room._id);
    expect(
      log.filter(({ author }) => author.authorId === ann.userId).map(({ data }) => data.content.text),
    ).to.deep.equal(['before', 'one', 'two', 'three']);
    expect(log.slice(-3).map(({ _id }) => _id)).to.deep.equal(sent.map(({ _id }) => _id));
  });
});
