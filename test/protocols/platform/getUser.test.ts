import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal } from './bodies.ts';

describe('GET /chat/users/:id', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });

  it('shows who connected, with when they were last seen, and nothing of the inside', async () => {
    const ann = someone();
    const before = Date.now();
    await engine.connect(ann, '앤');
    const { status, body } = await engine.platform.call('GET', `/chat/users/${ann}`);
    expect(status).to.equal(200);
    const { lastSeenAt, ...rest } = body;
    expect(rest).to.deep.equal({ _id: ann, nickName: '앤', profileUrl: null, meta: null });
    expect(Date.parse(lastSeenAt)).to.be.within(before, Date.now());
  });

  it('finds ids of any script and sign', async () => {
    const id = `${someone('사용자')} a/b?c#d%`;
    await engine.platform.do('PUT', '/chat/users', { users: [{ _id: id, nickName: 'n' }] });
    expect((await engine.platform.do('GET', `/chat/users/${encodeURIComponent(id)}`))._id).to.equal(id);
  });

  it('an unknown user is 404 USER_NO_EXISTS', async () => {
    for (const id of [someone(), 'ADMIN', `%24${someone()}`]) {
      expectRefusal(await engine.platform.call('GET', `/chat/users/${id}`), 404, 'USER_NO_EXISTS');
    }
    expectRefusal(await engine.platform.call('GET', '/chat/users/%E0%A4'), 400, 'INVALID_PAYLOAD');
  });
});
