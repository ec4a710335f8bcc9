import type { PushPlatform } from '../../src/domain/ports.ts';
import type { ChatClient } from './client.ts';
import type { Engine } from './engine.ts';
import { eventually } from './processes.ts';

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
