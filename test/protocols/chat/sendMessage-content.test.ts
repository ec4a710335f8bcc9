import { expect } from 'chai';
import { newKey, type ChatClient, type Room } from '../../helpers/client.ts';
import { sharedEngine } from '../../helpers/engine.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('sendMessage: cards and meta', () => {
  let ann: ChatClient;
  let bob: ChatClient;
  let room: Room;
  before(async () => {
    [ann, bob] = await guests(await sharedEngine(), 'ann', 'bob');
    room = await roomOf([ann, bob]);
  });
  const sendCard = (rawData: unknown) =>
    ann.ask('sendMessage', {
      syncKey: newKey(),
      roomId: room._id,
      data: { type: 'CARD', content: { rawData } },
    });
  const sendMeta = (meta: unknown, syncKey = newKey()) =>
    ann.ask('sendMessage', { syncKey, roomId: room._id, data: { type: 'TEXT', content: 'with meta' }, meta });

  const card = {
    cardType: 'LINK_INVITATION',
    text: '초대합니다',
    link: { sid: 'shop-1', name: '가게', profileUrl: 'https://example.com/a.png' },
    acceptedStatus: false,
    image: 'http://example.com/b.png',
    buttons: [{ title: '열기', action: 'link', value: { url: 'https://example.com', tab: 2 } }],
  };

  it('a card of a type for members goes out as it is, without what cards do not have', async () => {
    const answer = await sendCard({ ...card, evil: 1, productApplicationId: null });
    expect(answer.error).to.equal(null);
    const sent = (await bob.history(room._id)).at(-1)!;
    expect(sent.data).to.deep.equal({ type: 'CARD', content: { rawData: card } });
  });

  it('cards of other types come from the platform', async () => {
    expect((await sendCard({ ...card, cardType: 'PRODUCT_DRAWING_WINNER' })).error).to.equal(
      'YOU_HAVE_NO_AUTHORIZATION',
    );
  });

  it('every address in a card is http or https', async () => {
    const bad = [
      'javascript:alert(1)',
      ' javascript:alert(1)',
      'JaVaScRiPt:x',
      'data:text/html,x',
      'ftp://a/b',
      '//evil.example',
      'x',
    ];
    for (const url of bad) {
      for (const given of [
        { ...card, image: url },
        { ...card, link: { ...card.link, profileUrl: url } },
        { ...card, buttons: [{ title: 'x', action: 'link', value: { url } }] },
        { ...card, buttons: [{ title: 'x', action: 'webview', value: { a: [{ deepUrl: url }] } }] },
      ]) {
        expect((await sendCard(given)).error, JSON.stringify(given)).to.equal('INVALID_PAYLOAD');
      }
    }
    const hidden = {
      ...card,
      buttons: [{ title: 'x', action: 'link', value: { anything: 'javascript:alert(1)' } }],
    };
    expect((await sendCard(hidden)).error, 'in a key with another name').to.equal('INVALID_PAYLOAD');
  });

  it('an address cannot hide behind control characters that a browser drops', async () => {
    for (const url of ['java\nscript:alert(1)', 'java\tscript:alert(1)', '\u0001javascript:alert(1)']) {
      const given = { ...card, buttons: [{ title: 'x', action: 'link', value: { target: url } }] };
      expect((await sendCard(given)).error, JSON.stringify(url)).to.equal('INVALID_PAYLOAD');
    }
  });

  it('a card without rawData, without a type or with a wrong shape is refused', async () => {
    for (const given of [undefined, null, 'x', {}, { ...card, cardType: 7 }, { ...card, buttons: {} }]) {
      expect((await sendCard(given)).error, JSON.stringify(given)).to.equal('INVALID_PAYLOAD');
    }
    const asText = { syncKey: newKey(), roomId: room._id, data: { type: 'CARD', content: 'text' } };
    expect(await errorOf(ann, 'sendMessage', asText)).to.equal('INVALID_PAYLOAD');
  });

  it('meta comes back as it was sent, without the key that is the engine’s own', async () => {
    const answer = await sendMeta({
      color: 'red',
      deep: { list: [1, null, { ok: true }] },
      event: 'member.kicked',
    });
    expect(answer.data)
      .to.have.nested.property('message.meta')
      .deep.equal({
        color: 'red',
        deep: { list: [1, null, { ok: true }] },
      });
  });

  it('meta with keys that a database could take for an operator is refused', async () => {
    for (const meta of [{ $where: '1' }, { a: { $gt: 1 } }, { a: [{ $set: {} }] }]) {
      expect((await sendMeta(meta)).error, JSON.stringify(meta)).to.equal('INVALID_PAYLOAD');
    }
  });

  it('meta that is too large, too deep or not plain is refused', async () => {
    let deep: object = {};
    for (let i = 0; i < 50; i++) deep = { deep };
    for (const meta of [{ a: 'x'.repeat(9_000) }, deep, { a: Buffer.from('x') }, [1], 'x', 7]) {
      expect((await sendMeta(meta)).error).to.equal('INVALID_PAYLOAD');
    }
  });

  it('meta with odd keys is stored or refused at once, and never stops others from sending', async () => {
    for (const meta of [
      { 'a\u0000b': 1 },
      { '': 1 },
      { deep: { '\u0000': 1 } },
      { constructor: 1 },
      { '\ud800': 1 },
    ]) {
      const odd = sendMeta(meta);
      const beside = bob.ask('sendMessage', {
        syncKey: newKey(),
        roomId: room._id,
        data: { type: 'TEXT', content: 'beside' },
      });
      expect((await odd).error, JSON.stringify(meta)).to.be.oneOf([null, 'INVALID_PAYLOAD']);
      expect((await beside).error, `beside ${JSON.stringify(meta)}`).to.equal(null);
    }
  });

  it('a card with odd keys is stored or refused at once', async () => {
    const answer = await sendCard({
      ...card,
      buttons: [{ title: 'x', action: 'a', value: { 'a\u0000b': 1 } }],
    });
    expect(answer.error).to.be.oneOf([null, 'INVALID_PAYLOAD']);
  });
});
