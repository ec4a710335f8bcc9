import type { PushPlatform } from '../../src/domain/ports.ts';
import type { ChatClient } from './client.ts';
import { startEngine, type Engine, type EngineOptions } from './engine.ts';
import { FakeFcm } from './fcm.ts';
import { eventually } from './processes.ts';

/** A server, and the provider that its pushes go to. */
export interface Pushing {
  engine: Engine;
  fcm: FakeFcm;
}

/** The two for all tests of the `describe` around it, closed after them; read its fields inside a test or a hook. */
export function pushing(options: EngineOptions = {}): Pushing {
  const served = {} as Pushing;
  before(async () => {
    served.fcm = await FakeFcm.start();
    served.engine = await startEngine({ push: served.fcm.sender(), ...options });
  });
  after(async () => {
    await served.engine.close();
    await served.fcm.close();
  });
  return served;
}

let devices = 0;

/** A device of this user that is registered for pushes; its token. `name` is how the token begins. */
export async function device(
  client: ChatClient,
  platform: PushPlatform = 'android',
  name = 'device',
): Promise<string> {
  const token = `${name}-${process.pid}-${++devices}`;
  await client.do('registerPushToken', { token, platform });
  return token;
}

/** All that there was to push is pushed or not going to be. */
export const pushed = (...engines: Engine[]): Promise<void> =>
  eventually('the end of pushing', () => engines.every(({ app }) => app.chat.push.waiting === 0));
