import { expect } from 'chai';
import WebSocket from 'ws';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { endStreams, FeedClient } from '../../helpers/feed.ts';

/** The document's own samples, as they are printed: the port is the only thing that is another. */
describe('feed: the samples of its document, on the demo data', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { DEV: 'true', NEW_ROOMS_PER_HOUR: '0' } });
  });
  afterEach(() => expect(endStreams()).to.deep.equal([]));
  after(() => engine.close());

  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${engine.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as any };
  };
  const stream = async (userId: string) => {
    const client = new FeedClient(`${engine.url.replace('http', 'ws')}/ws/chat/1?user_id=${userId}`);
    await client.ready();
    return client;
  };

  it('receives in the JavaScript client what its fetch sends', async () => {
    const received: any[] = [];
    const ws = new WebSocket(`${engine.url.replace('http', 'ws')}/ws/chat/1?user_id=123`);
    const arrived = new Promise<void>(resolve => {
      ws.onmessage = event => {
        const data = JSON.parse(event.data as string);
        received.push(data);
        if (data.type === 'message') resolve();
      };
    });
    await new Promise(resolve => (ws.onopen = resolve));
    const response = await fetch(`${engine.url}/api/v1/chat/rooms/1/messages`, {
      method: 'POST',
      body: JSON.stringify({ user_id: 123, message: '안녕!' }),
    });
    const sent = (await response.json()) as any;
    await arrived;
    ws.close();
    expect(received[0]).to.deep.equal({ type: 'message', room_id: 1, user_id: 123, data: sent.data });
    const { id, created_at, updated_at, ...rest } = sent.data;
    expect(response.status).to.equal(200);
    expect([sent.success, sent.message]).to.deep.equal([true, 'Message sent successfully']);
    expect([typeof id, created_at]).to.deep.equal(['number', updated_at]);
    expect(rest).to.deep.equal({
      chat_room_id: 1,
      user_id: 123,
      message: '안녕!',
      message_type: 'text',
      file_url: null,
      is_read: false,
      user: { id: 123, email: 'user123@example.com', name: '강하늘' },
    });
  });

  it('follows the flow of the document: send, read, add, remove', async () => {
    const two = await stream('2');
    const body = { user_id: 123, message: '안녕하세요!', message_type: 'text', file_url: null };
    const sent = await post('/api/v1/chat/rooms/1/messages', body);
    expect((await two.frame('message')).data).to.deep.equal(sent.body.data);

    expect((await post('/api/v1/chat/rooms/1/read', { user_id: 3 })).body).to.deep.equal({
      success: true,
      message: 'Messages marked as read',
    });
    const read = await two.frame('read', frame => frame.user_id === 3);
    expect(read.data.user_id).to.equal(3);
    expect(new Date(read.data.last_read_at).getTime()).to.be.closeTo(Date.now(), 60_000);

    const added = await post('/api/v1/chat/rooms/1/members', { user_id: 456 });
    expect(added.body).to.deep.include({ success: true, message: 'Member added successfully' });
    const { id, joined_at, created_at, ...member } = added.body.data;
    expect([typeof id, joined_at]).to.deep.equal(['number', created_at]);
    expect(member).to.deep.equal({
      chat_room_id: 1,
      user_id: 456,
      role: 'member',
      last_read_at: null,
      unread_count: 0,
      user: { id: 456, email: 'user456@example.com', name: '서지혜' },
    });
    expect(await two.frame('member_join')).to.deep.equal({
      type: 'member_join',
      room_id: 1,
      user_id: 456,
      data: added.body.data,
    });

    const removed = await fetch(`${engine.url}/api/v1/chat/rooms/1/members/456`, { method: 'DELETE' });
    expect(await removed.json()).to.deep.equal({ success: true, message: 'Member removed successfully' });
    expect(await two.frame('member_leave')).to.deep.equal({
      type: 'member_leave',
      room_id: 1,
      user_id: 456,
      data: { user_id: 456 },
    });
  });

  it('tells when a member comes online and goes', async () => {
    const two = await stream('2');
    const four = await stream('4');
    expect(await two.frame('member_online', frame => frame.user_id === 4)).to.deep.equal({
      type: 'member_online',
      room_id: 1,
      user_id: 4,
      data: { user_id: 4, status: 'online' },
    });
    four.close();
    expect(await two.frame('member_offline', frame => frame.user_id === 4)).to.deep.equal({
      type: 'member_offline',
      room_id: 1,
      user_id: 4,
      data: { user_id: 4, status: 'offline' },
    });
  });
});
