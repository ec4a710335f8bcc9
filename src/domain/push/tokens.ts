import type { Chat } from '../chat.ts';
import { invalid } from '../errors.ts';
import { createHash } from 'node:crypto';
import type { UserActor } from '../model.ts';
import type { DoNotDisturb, PushPlatform } from '../ports.ts';
import { isTimezone } from './quiet.ts';

/** Devices of one user; of more the oldest are dropped. */
const MAX_TOKENS = 20;

export const tokenId = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** A device wants pushes for this user, and for nobody else who registered it before. Protocols.md 4. */
export async function registerPushToken(
  chat: Chat,
  { userId }: UserActor,
  { token, platform }: { token: string; platform: PushPlatform },
): Promise<void> {
  const at = new Date(chat.clock.now());
  await chat.stores.push.register({ id: tokenId(token), token, userId, platform }, at, MAX_TOKENS);
  chat.push.tokenRegistered(userId);
}

/** A device wants no more pushes; one that is not this user's stays as it is. */
export async function unregisterPushToken(chat: Chat, { userId }: UserActor, token: string): Promise<void> {
  await chat.stores.push.unregister(userId, tokenId(token));
}

/** No pushes between these times of every day; null ends it. Errors: INVALID_PAYLOAD (no such time zone). */
export async function setDoNotDisturb(
  chat: Chat,
  { userId }: UserActor,
  quiet: DoNotDisturb | null,
): Promise<void> {
  if (quiet && !isTimezone(quiet.timezone)) throw invalid('timezone must be the name of a time zone');
  await chat.stores.push.setQuiet(userId, quiet);
}
