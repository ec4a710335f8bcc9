import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectMessage, expectRefusal, NOWHERE } from './bodies.ts';

describe('DELETE /chat/messages/:id', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const remove = (id: string) => engine.platform.call('DELETE', `/chat/messages/${id}`);

  it('keeps the place with an empty content; deleting twice is deleting once', async () => {
    const room = await engine.platform.room([someone()]);
    const message = await engine.platform.write(room._id, '지울 글');
    const { status, body } = await remove(message._id);
    expect(status).to.equal(200);
    expect(expectMessage(body)).to.deep.include({
      _id: message._id,
      seq: 2,
      status: { deleted: true, hidden: false },
    });
    expect(body.data).to.deep.equal({ type: 'TEXT', content: {} });
    expect((await remove(message._id)).body).to.deep.equal(body);
    expect(JSON.stringify(await engine.platform.messages(room._id))).not.to.contain('지울 글');
    expect(JSON.stringify(await engine.platform.do('GET', `/chat/rooms/${room._id}`))).not.to.contain(
      '지울 글',
    );
  });

  it('does not count as unread any more, for those who are connected and for those who come later', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([someone(), ann, bob]);
    const message = await engine.platform.write(room._id, '하나');
    await engine.platform.write(room._id, '둘');
    const a = await engine.connect(ann);
    expect((await a.room(room._id)).unReadMsgCount).to.equal(3);
    await remove(message._id);
    expect((await a.frame('updateRoomLastMessage')).unReadMsgCount).to.equal(2);
    const b = await engine.connect(bob);
    expect((await b.rooms())[0]!.unReadMsgCount).to.equal(2);
  });

  it('viewers get a DELETE without the content', async () => {
    const ann = someone();
    const room = await engine.platform.room([ann]);
    const message = await engine.platform.write(room._id, '지울 글');
    const a = await engine.connect(ann);
    await a.do('joinRoom', room._id);
    await remove(message._id);
    const frame = await a.frame(`listenMessage_${room._id}`, ({ eventType }) => eventType === 'DELETE');
    expect(frame).to.deep.include({ _id: message._id });
    expect(frame.data.content).to.deep.equal({});
  });

  it('goes on in a frozen room', async () => {
    const room = await engine.platform.room([someone()]);
    const message = await engine.platform.write(room._id, 'x');
    await engine.platform.do('PATCH', `/chat/rooms/${room._id}`, { rules: { isFreezed: true } });
    expect((await remove(message._id)).status).to.equal(200);
  });

  it('unknown and foreign messages are 404 MESSAGE_NO_EXISTS', async () => {
    const room = await engine.platform.room([someone()]);
    const message = await engine.platform.write(room._id, 'x');
    for (const id of [NOWHERE, 'x']) expectRefusal(await remove(id), 404, 'MESSAGE_NO_EXISTS');
    const { platform } = await newKeyFor(engine, { links: ['another'] });
    expectRefusal(await platform.call('DELETE', `/chat/messages/${message._id}`), 404, 'MESSAGE_NO_EXISTS');
  });
});
