import { expect } from 'chai';
import { wireJoinUser } from '../../../src/protocols/kit/objects.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal, NOWHERE } from './bodies.ts';

describe('GET /chat/rooms/:id/members', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });

  it('gives them in the order of joining, with contact data and read marks', async () => {
    const [ann, bob, eve] = [someone(), someone(), someone()];
    const room = await engine.platform.room([], {
      joinUsers: [
        { _id: ann, nickName: 'a', master: true },
        { _id: bob, nickName: 'b', meta: { email: 'b@example.com' } },
      ],
      rules: { canShowMemberList: false, canShowMemberMeta: false, canInviteMemebrs: true },
    });
    await engine.platform.do('POST', '/chat/inviteUsers', {
      roomId: room._id,
      inviterId: ann,
      joinUsers: [{ _id: eve, nickName: 'e' }],
    });
    const { list, nextCursor } = await engine.platform.do('GET', `/chat/rooms/${room._id}/members`);
    for (const member of list)
      expect(wireJoinUser.validate(member, { convert: false }).error?.message).to.equal(undefined);
    expect(list.map(({ _id, master, joinedSeq }: any) => [_id, master, joinedSeq])).to.deep.equal([
      [ann, true, 0],
      [bob, false, 0],
      [eve, false, 1],
    ]);
    expect(list[1].meta).to.deep.equal({ email: 'b@example.com' });
    expect(nextCursor).to.equal(null);
  });

  it('pages through with the cursor, each member once', async () => {
    const people = Array.from({ length: 5 }, () => someone());
    const room = await engine.platform.room(people);
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: any = await engine.platform.do(
        'GET',
        `/chat/rooms/${room._id}/members?limit=2${cursor && `&cursor=${cursor}`}`,
      );
      found.push(...page.list.map(({ _id }: { _id: string }) => _id));
      cursor = page.nextCursor;
    }
    expect(found).to.deep.equal(people);
  });

  it('refuses limits and cursors that are none, unknown rooms and foreign ones', async () => {
    const room = await engine.platform.room([someone()]);
    for (const query of ['limit=0', 'limit=501', 'cursor=x', 'cursor=-1']) {
      expectRefusal(
        await engine.platform.call('GET', `/chat/rooms/${room._id}/members?${query}`),
        400,
        'INVALID_PAYLOAD',
      );
    }
    expectRefusal(await engine.platform.call('GET', `/chat/rooms/${NOWHERE}/members`), 404, 'ROOM_NO_EXISTS');
    const { platform } = await newKeyFor(engine, { links: ['another'] });
    expectRefusal(await platform.call('GET', `/chat/rooms/${room._id}/members`), 404, 'ROOM_NO_EXISTS');
  });
});
