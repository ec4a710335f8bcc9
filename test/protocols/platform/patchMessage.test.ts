import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectMessage, expectRefusal, NOWHERE } from './bodies.ts';

const data = (content: unknown, type = 'TEXT') => ({ data: { type, content } });

describe('PATCH /chat/messages/:id', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const patch = (id: string, body: unknown) => engine.platform.call('PATCH', `/chat/messages/${id}`, body);

  it('edits the content and keeps place, author, syncKey and date', async () => {
    const room = await engine.platform.room([someone()]);
    const message = await engine.platform.write(room._id, '처음 글');
    const { status, body } = await patch(message._id, data({ text: '고친 글' }));
    expect(status).to.equal(200);
    const { editedAt, ...rest } = expectMessage(body);
    expect(editedAt).to.be.a('string');
    const { editedAt: _, ...before } = message;
    expect(rest).to.deep.equal({ ...before, data: { type: 'TEXT', content: { text: '고친 글' } } });
    expect((await engine.platform.messages(room._id)).at(-1)).to.deep.equal(body);
    expect((await engine.platform.do('GET', `/chat/rooms/${room._id}`)).lastMessage).to.deep.equal(body);
  });

  it('viewers get an UPDATE, and all members the new last message', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const message = await engine.platform.write(room._id, '오타');
    const [a, b] = [await engine.connect(ann), await engine.connect(bob)];
    await a.do('joinRoom', room._id);
    await patch(message._id, data('정타'));
    const frame = await a.frame(`listenMessage_${room._id}`, ({ eventType }) => eventType === 'UPDATE');
    expect(frame.data.content.text).to.equal('정타');
    const last = await b.frame(
      'updateRoomLastMessage',
      ({ lastMessage }) => lastMessage.data.content.text === '정타',
    );
    expect(last.unReadMsgCount, 'an edit is not a new message').to.equal(2);
  });

  it('updates what a card says of its acceptance, and its buttons, live in every client', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const card = {
      cardType: 'PRODUCT_OFFER',
      text: '제안합니다',
      image: 'https://example.com/a.png',
      acceptedStatus: false,
      buttons: [
        { title: '수락', action: 'ACCEPT', value: { id: 1 } },
        { title: '거절', action: 'REFUSE' },
      ],
      productApplicationId: '77',
    };
    const message = await engine.platform.do('POST', `/chat/rooms/${room._id}/messages`, {
      author: { authorId: ann },
      data: { type: 'CARD', content: { rawData: card } },
    });
    const [a, b] = [await engine.connect(ann), await engine.connect(bob)];
    await a.do('joinRoom', room._id);
    const accepted = { ...card, acceptedStatus: true, buttons: [{ title: '보기', action: 'OPEN' }] };
    const { status, body } = await patch(message._id, data({ rawData: accepted }, 'CARD'));
    expect(status).to.equal(200);
    expect(expectMessage(body).data).to.deep.equal({ type: 'CARD', content: { rawData: accepted } });
    expect(await a.frame(`listenMessage_${room._id}`)).to.deep.include({ ...body, eventType: 'UPDATE' });
    const told = await b.frame('updateRoomLastMessage');
    expect([told.lastMessage, told.unReadMsgCount]).to.deep.equal([body, 2]);
    expect((await b.history(room._id)).at(-1)).to.deep.include(body);
    const answered = await b.do('sendMessage', {
      syncKey: 'reply',
      roomId: room._id,
      data: { type: 'TEXT', content: '좋아요' },
      replyTo: message._id,
    });
    expect(answered.message.replyTo.data.content, 'a quote of a card is its type and text').to.deep.equal({
      rawData: { cardType: card.cardType, text: card.text },
    });
    expectRefusal(
      await patch(message._id, data({ rawData: { ...card, image: 'javascript:x' } }, 'CARD')),
      400,
      'INVALID_PAYLOAD',
    );
  });

  it('keeps the type: another one is refused', async () => {
    const room = await engine.platform.room([someone()]);
    const message = await engine.platform.write(room._id, '글');
    expectRefusal(await patch(message._id, data('x', 'ADMIN')), 400, 'INVALID_PAYLOAD');
    expectRefusal(
      await patch(message._id, data({ rawData: { cardType: 'A' } }, 'CARD')),
      400,
      'INVALID_PAYLOAD',
    );
    expectRefusal(await patch(message._id, data('')), 400, 'INVALID_PAYLOAD');
    expectRefusal(await patch(message._id, {}), 400, 'INVALID_PAYLOAD');
    expect((await engine.platform.messages(room._id)).at(-1)).to.deep.equal(message);
  });

  it('frozen rooms are not edited, but ALARM rooms are', async () => {
    const room = await engine.platform.room([someone()]);
    const message = await engine.platform.write(room._id, '글');
    await engine.platform.do('PATCH', `/chat/rooms/${room._id}`, { rules: { isFreezed: true } });
    expectRefusal(await patch(message._id, data('x')), 403, 'ROOM_IS_FREEZED');
    const alarm = await engine.platform.room([someone()], { roomType: 'ALARM' });
    const notice = await engine.platform.write(alarm._id, '글');
    expect((await patch(notice._id, data('x'))).status).to.equal(200);
  });

  it('deleted, unknown and foreign messages are 404 MESSAGE_NO_EXISTS', async () => {
    const room = await engine.platform.room([someone()]);
    const [gone, there] = [
      await engine.platform.write(room._id, 'x'),
      await engine.platform.write(room._id, 'y'),
    ];
    await engine.platform.do('DELETE', `/chat/messages/${gone._id}`);
    for (const id of [gone._id, NOWHERE, 'x'])
      expectRefusal(await patch(id, data('z')), 404, 'MESSAGE_NO_EXISTS');
    const { platform } = await newKeyFor(engine, { links: ['another'] });
    expectRefusal(
      await platform.call('PATCH', `/chat/messages/${there._id}`, data('z')),
      404,
      'MESSAGE_NO_EXISTS',
    );
  });
});
