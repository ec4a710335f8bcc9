import { expect } from 'chai';
import { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';
import { claimsToken } from '../../helpers/tokens.ts';

const seconds = () => Math.floor(Date.now() / 1_000);

describe('POST /chat/users/:id/revokeTokens', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const revoke = (id: string) => engine.platform.call('POST', `/chat/users/${id}/revokeTokens`);
  const connect = (token: string) => ChatClient.connect(`${engine.url}/chat`, token);
  const issued = (id: string, iat: number | undefined) =>
    claimsToken({ id, ...(iat === undefined ? {} : { iat }), exp: seconds() + 3_600 });

  it('refuses tokens issued before, and those that do not say when, but not later ones', async () => {
    const ann = someone();
    expect((await revoke(ann)).body).to.deep.equal({ result: true });
    for (const iat of [seconds() - 60, undefined]) {
      const refusal = await connect(issued(ann, iat)).catch((error: unknown) => error);
      expect(refusal).to.be.an('error').with.property('message', 'not authorized');
      expect(refusal).to.deep.include({ data: { code: 'TOKEN_INVALID' } });
    }
    (await connect(issued(ann, seconds() + 1))).close();
  });

  it('ends the live connections made with them, for good, and leaves those of later tokens and of others', async () => {
    const [ann, bob] = [someone(), someone()];
    const [old, fresh, other] = await Promise.all([
      connect(issued(ann, seconds() - 60)),
      connect(issued(ann, seconds() + 60)),
      connect(issued(bob, seconds() - 60)),
    ]);
    const closed = new Promise(resolve => old.socket.once('disconnect', resolve));
    await revoke(ann);
    expect(await old.frame('tokenExpired')).to.deep.equal({});
    expect(await closed, 'the namespace is closed, so that the client does not come back').to.equal(
      'io server disconnect',
    );
    await Promise.all([fresh.settled(), other.settled()]);
    expect([fresh.socket.connected, other.socket.connected]).to.deep.equal([true, true]);
    for (const client of [fresh, other]) client.close();
  });

  it('works for somebody whom nobody knew yet', async () => {
    expect((await revoke(someone())).status).to.equal(200);
  });
});
