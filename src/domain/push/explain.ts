import { mayManage } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import { isId } from '../ids.ts';
import type { Message, PlatformActor } from '../model.ts';
import type { PushResult } from '../ports.ts';
import type { LiveRoom } from '../rooms/live.ts';
import { whyNot } from './audience.ts';
import { positionsOf } from './positions.ts';
import { isQuiet } from './quiet.ts';

/**
 * `SENT`: a provider took it. `FAILED`: none did. Else why nobody was asked; what is known of no more than the present
 * (alarm, reading, do-not-disturb, devices) is told as it is now. `UNDECIDED`: nothing speaks against it; it waits, or
 * a newer message of the room was pushed in its place.
 */
export const PUSH_REASONS = [
  'SENT',
  'FAILED',
  'NOT_A_KIND_TO_PUSH',
  'DELETED',
  'OWN_MESSAGE',
  'NOT_A_MEMBER',
  'JOINED_LATER',
  'ALARM_OFF',
  'READ',
  'BLOCKED',
  'DO_NOT_DISTURB',
  'NO_TOKEN',
  'UNDECIDED',
] as const;
export type PushReason = (typeof PUSH_REASONS)[number];

export interface Explanation {
  sent: boolean;
  reason: PushReason;
  /** Devices that the user has now. */
  devices: number;
  /** What became of it at each device, oldest first; kept for seven days. */
  attempts: (PushResult & { at: Date })[];
}

/** Why a push was or was not sent. Errors: MESSAGE_NO_EXISTS. Protocols.md 5. */
export async function explainPush(
  chat: Chat,
  actor: PlatformActor,
  { userId, messageId }: { userId: string; messageId: string },
): Promise<Explanation> {
  const message = isId(messageId) ? await chat.stores.log.byId(messageId) : null;
  const live = message ? await chat.registry.get(message.roomId) : undefined;
  if (!message || !live || !mayManage(actor, live.room)) throw new ChatError('MESSAGE_NO_EXISTS');
  const [attempts, tokens] = await Promise.all([
    chat.stores.push.logOf(messageId, userId),
    chat.stores.push.tokensOf([userId]),
  ]);
  const reason = reasonOfLog(attempts) ?? (await reasonNow(chat, live, message, userId, tokens.length));
  return { sent: reason === 'SENT', reason, devices: tokens.length, attempts };
}

function reasonOfLog(attempts: Explanation['attempts']): PushReason | null {
  if (attempts.some(({ outcome }) => outcome === 'ok')) return 'SENT';
  const last = attempts.at(-1)?.outcome;
  if (last === 'DO_NOT_DISTURB' || last === 'BLOCKED') return last;
  return last === undefined ? null : 'FAILED';
}

async function reasonNow(
  chat: Chat,
  live: LiveRoom,
  message: Message,
  userId: string,
  devices: number,
): Promise<PushReason> {
  const member = live.members.get(userId);
  const position = (await positionsOf(chat, live.id, [userId])).get(userId);
  const byRoom = whyNot(live, member && { ...member, ...position }, message);
  if (byRoom) return byRoom;
  if (devices === 0) return 'NO_TOKEN';
  const quiet = (await chat.stores.push.quietOf([userId])).get(userId);
  return quiet && isQuiet(quiet, chat.clock.now()) ? 'DO_NOT_DISTURB' : 'UNDECIDED';
}
