import type { PushPlatform } from '../../src/domain/ports.ts';
import type { ChatClient } from './client.ts';

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
