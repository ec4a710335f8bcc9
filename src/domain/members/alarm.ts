import { requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import type { UserActor } from '../model.ts';
import { holding } from '../rooms/live.ts';

/**
 * Switches the push alarm of a room for oneself; without `turnOn` it toggles. Returns the new state.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM. Seed 1, Turn On/Off Alarm.
 */
export async function switchAlarm(
  chat: Chat,
  actor: UserActor,
  input: { roomId: string; turnOn?: boolean | null; connectionId: string | null },
): Promise<boolean> {
  const { live, member } = await requireMember(chat, actor, input.roomId);
  const on = input.turnOn ?? !member.alarmOn;
  await holding(live, async () => {
    await chat.stores.members.setAlarm(live.id, actor.userId, on, new Date(chat.clock.now()));
    chat.bus.publish({ type: 'alarm', roomId: live.id, userId: actor.userId, on, by: input.connectionId });
  });
  return on;
}
