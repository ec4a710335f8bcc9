import { expect } from 'chai';
import { ChatClient } from '../helpers/client.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';

describe('/metrics', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());

  const read = async () => {
    const response = await fetch(`${engine.url}/metrics`);
    expect([response.status, response.headers.get('content-type')?.split(';')[0]]).to.deep.equal([
      200,
      'text/plain',
    ]);
    return response.text();
  };
  const value = (text: string, series: string) => {
    const line = text.split('\n').find(candidate => candidate.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  };

  it('is Prometheus text: each series has its help and type, each line is one', async () => {
    for (const line of (await read()).split('\n').filter(text => text !== '')) {
      expect(line).to.match(/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? (-?[\d.]+(e[+-]?\d+)?|Na[Nn]|[+-]Inf))$/);
    }
  });

  it('counts events by name and outcome, frames, connections, requests and refused connections', async () => {
    const ann = someone();
    const room = await engine.platform.room([ann]);
    const a = await engine.connect(ann);
    await a.do('joinRoom', room._id);
    await a.send(room._id, '하나');
    await a.ask('queryRoom', { roomId: 'nowhere' });
    await ChatClient.connect(`${engine.url}/chat`, 'x').catch(() => undefined);
    await engine.platform.call('GET', `/chat/rooms/${room._id}`);
    await engine.platform.call('GET', '/chat/rooms/nowhere');
    const text = await read();
    expect(value(text, 'madang_events_total{event="sendMessage",outcome="ok"}')).to.equal(1);
    expect(value(text, 'madang_events_total{event="queryRoom",outcome="ROOM_NO_EXISTS"}')).to.equal(1);
    expect(value(text, 'madang_event_seconds_count{event="sendMessage"}')).to.equal(1);
    expect(value(text, 'madang_frames_sent_total{event="listenMessage"}')).to.equal(1);
    expect(value(text, 'madang_chat_connections')).to.equal(1);
    expect(value(text, 'madang_connections_refused_total{reason="TOKEN_INVALID"}')).to.equal(1);
    expect(value(text, 'madang_http_requests_total{route="get /chat/rooms/:id",status="200"}')).to.equal(1);
    expect(value(text, 'madang_http_requests_total{route="get /chat/rooms/:id",status="404"}')).to.equal(1);
    expect(value(text, 'madang_log_batch_size_count')).to.be.greaterThan(0);
    expect(value(text, 'madang_sends_waiting')).to.equal(0);
    expect(value(text, 'process_resident_memory_bytes')).to.be.greaterThan(0);
  });

  it('has no series that a client can name: unknown events are one, ids never stand in a label', async () => {
    const ann = someone();
    const a = await engine.connect(ann);
    const before = (await read()).split('\n').length;
    for (let i = 0; i < 20; i++) expect((await a.ask(`event-${i}`, {})).error).to.equal('INVALID_PAYLOAD');
    for (let i = 0; i < 5; i++) await engine.platform.call('GET', `/chat/rooms/room-${i}/messages`);
    const text = await read();
    expect(text).not.to.match(/event-\d|room-\d/);
    expect(text).not.to.contain(ann);
    expect(text.split('\n').length - before, 'series that came').to.be.lessThan(40);
  });
});
