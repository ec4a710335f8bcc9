import { expect } from 'chai';
import { sendMessage } from '../../../src/domain/messages/send.ts';
import type { Message } from '../../helpers/client.ts';
import { fiveInARoom } from '../../helpers/five.ts';
import { errorOf, guests, idsOf, partyOf } from '../../helpers/party.ts';

describe('listGallery', () => {
  const party = partyOf(['ann', 'bob']);
  const put = async (type: 'PHOTO' | 'VIDEO' | 'FILE', name: string): Promise<string> => {
    const { engine, ann, room } = party;
    const actor = { kind: 'user' as const, userId: ann.userId, nickName: 'ann', profileUrl: null };
    const content = { type, url: `https://example.com/${name}`, name };
    return (await sendMessage(engine.app.chat, actor, { roomId: room._id, syncKey: name, content })).id;
  };
  const gallery = (kind: string, more: object = {}, by = party.bob) => {
    const asked = { roomId: party.room._id, kind, ...more };
    return by.do<{ list: Message[]; nextCursor: string | null }>('listGallery', asked);
  };
  const ids = async (kind: string, more: object = {}, by = party.bob) =>
    idsOf((await gallery(kind, more, by)).list);

  it('shows photos, videos, files and texts with links, each apart, newest first', async () => {
    const { ann, room } = party;
    const [photo, video, file, second] = [
      await put('PHOTO', 'a.png'),
      await put('VIDEO', 'a.mp4'),
      await put('FILE', 'a.pdf'),
      await put('PHOTO', 'b.png'),
    ];
    const link = await ann.send(room._id, 'https://a.kr/x를 보세요');
    await ann.send(room._id, '아무것도 없는 글');
    expect(await ids('PHOTO')).to.deep.equal([second, photo]);
    expect(await ids('VIDEO')).to.deep.equal([video]);
    expect(await ids('FILE')).to.deep.equal([file]);
    expect(await ids('LINK')).to.deep.equal([link._id]);
    expect(link.links).to.deep.equal(['https://a.kr/x']);
    const { unreadUserCount: _, ...shown } = link as typeof link & { unreadUserCount?: number };
    expect((await gallery('LINK')).list[0]).to.deep.include(shown);
  });

  it('follows edits and deletions, and a deleted one does not shorten a page', async () => {
    const { engine, ann, room } = party;
    const first = await ann.send(room._id, 'naver.com에서');
    const second = await ann.send(room._id, '링크 없음');
    const third = await ann.send(room._id, 'https://c.kr');
    const edit = (id: string, text: string) =>
      engine.platform.do('PATCH', `/chat/messages/${id}`, { data: { type: 'TEXT', content: { text } } });
    expect((await edit(second._id, '이제 https://b.kr 있음')).links).to.deep.equal(['https://b.kr']);
    expect(await ids('LINK')).to.deep.equal([third._id, second._id, first._id]);
    expect((await edit(third._id, '이제 없음')).links).to.deep.equal([]);
    await engine.platform.do('DELETE', `/chat/messages/${second._id}`);
    expect(await ids('LINK')).to.deep.equal([first._id]);
    const photos = [];
    for (let i = 0; i < 6; i++) photos.unshift(await put('PHOTO', `${i}.png`));
    for (const id of [photos[0], photos[2]]) await engine.platform.do('DELETE', `/chat/messages/${id}`);
    const left = [photos[1], photos[3], photos[4], photos[5]];
    expect(await ids('PHOTO', { count: 3 })).to.deep.equal(left.slice(0, 3));
  });

  it('comes in pages', async () => {
    const { ann, room } = party;
    const sent: string[] = [];
    for (let i = 0; i < 7; i++) sent.unshift((await ann.send(room._id, `https://a.kr/${i}`))._id);
    const found: string[] = [];
    for (let cursor: string | null = null, pages = 0; pages < 9; pages++) {
      const page = await gallery('LINK', { count: 3, cursor });
      found.push(...idsOf(page.list));
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(found).to.deep.equal(sent);
    expect((await gallery('LINK', { count: 7 })).nextCursor, 'no hint of an empty page').to.equal(null);
  });

  it('has nothing from before one joined, and nothing for strangers', async () => {
    const { engine, ann, room } = party;
    const [eve] = await guests(engine, 'eve');
    expect(await errorOf(eve, 'listGallery', { roomId: room._id, kind: 'LINK' })).to.equal('ROOM_NO_EXISTS');
    await ann.send(room._id, 'https://old.kr');
    await put('PHOTO', 'old.png');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    const fresh = await ann.send(room._id, 'https://new.kr');
    expect(await ids('LINK', {}, eve)).to.deep.equal([fresh._id]);
    expect(await ids('PHOTO', {}, eve)).to.deep.equal([]);
    expect(await ids('PHOTO', { cursor: '999999' }, eve)).to.deep.equal([]);
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { canSeeHistory: true } } });
    expect(await ids('PHOTO', {}, eve)).to.have.length(1);
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve.userId] });
    expect(await errorOf(eve, 'listGallery', { roomId: room._id, kind: 'LINK' })).to.equal('ROOM_NO_EXISTS');
  });

  it('has the links of every protocol', async () => {
    const { engine } = party;
    const five = await fiveInARoom(engine);
    for (const [i, seat] of five.seats.entries()) await seat.say(`https://a.kr/${i}에서`);
    await five.chat.hear(`https://a.kr/${five.seats.length - 1}에서`);
    const reader = await engine.connect(five.chat.id);
    const { list } = await reader.do('listGallery', { roomId: five.room._id, kind: 'LINK' });
    const links = list.map((message: Message) => message.links[0]);
    expect(links).to.deep.equal(five.seats.map((_, i) => `https://a.kr/${i}`).reverse());
  });
});
