import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { PushTarget } from '../../src/domain/ports.ts';
import { fcmSender } from '../../src/services/push/fcm.ts';
import { logSender } from '../../src/services/push/log.ts';
import { FakeFcm } from '../helpers/fcm.ts';

const target = (token: string, type: 'MESSAGE' | 'RETRACT' = 'MESSAGE'): PushTarget => {
  const place = { roomId: '6740a1b2c3d4e5f601234567', messageId: '6740a1b2c3d4e5f6012345ab', badge: 3 };
  const message =
    type === 'MESSAGE' ? { type, ...place, title: 'a title', body: 'a secret' } : { type, ...place };
  return { token, platform: 'android', message };
};

describe('the sender for FCM', () => {
  const account = () => ({
    type: 'service_account',
    project_id: 'p',
    client_email: 'someone@p.iam.gserviceaccount.com',
    private_key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    }),
  });

  it('takes the JSON of a service account, or the path of a file with it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'account-'));
    const json = JSON.stringify(account());
    writeFileSync(join(folder, 'account.json'), json);
    for (const credentials of [json, join(folder, 'account.json')]) await fcmSender({ credentials }).close();
    rmSync(folder, { recursive: true });
  });

  it('refuses what is none, without a word of what was given', () => {
    for (const credentials of [
      '{"private_key":"secret"}',
      '/no/such/secret',
      '{secret',
      '{"project_id":"p"}',
    ]) {
      expect(() => fcmSender({ credentials }), credentials)
        .to.throw('FIREBASE_CREDENTIALS')
        .and.satisfy((error: Error) => !error.message.includes('secret'));
    }
  });

  it('answers for each target in its place, whatever the provider says of the others', async () => {
    const fcm = await FakeFcm.start();
    try {
      fcm.moods
        .set('gone', 'unregistered')
        .set('never', 'bad token')
        .set('big', 'too big')
        .set('sick', 'internal');
      const tokens = ['fine-1', 'gone', 'never', 'big', 'sick', 'fine-2'];
      const outcomes = await fcm.sender().send(tokens.map(token => target(token)));
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal([
        'ok',
        'gone',
        'gone',
        'refused',
        'retry',
        'ok',
      ]);
      expect(outcomes[1]!.reason).to.equal('messaging/registration-token-not-registered');
    } finally {
      await fcm.close();
    }
  });

  it('gets over a short weakness of the provider by itself', async () => {
    const fcm = await FakeFcm.start();
    try {
      fcm.moods.set('weak', 'unavailable');
      const sending = fcm.sender().send([target('weak')]);
      await fcm.until('the first try', () => fcm.asked.length > 0);
      fcm.moods.clear();
      expect(await sending).to.deep.equal([{ kind: 'ok' }]);
    } finally {
      await fcm.close();
    }
  });
});

describe('the sender that sends nothing', () => {
  it('tells numbers and rooms, never a text, a title or a token', async () => {
    const said: object[] = [];
    const sender = logSender(facts => said.push(facts));
    const outcomes = await sender.send([target('token-1'), target('token-2', 'RETRACT')]);
    expect(outcomes).to.deep.equal([{ kind: 'ok' }, { kind: 'ok' }]);
    expect(said).to.deep.equal([{ messages: 1, retractions: 1, roomIds: ['6740a1b2c3d4e5f601234567'] }]);
  });
});
