import { mayManage } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { EXPIRED, type PlatformActor } from '../model.ts';
import type { RoomSettings } from '../ports.ts';

/** The `freezingReasonCode` of rooms that were frozen with their link. */
export const LINK_FROZEN = 'LINK_FROZEN';
const AT_ONCE = 200;

/**
 * Freezes all rooms of a link that are not frozen, or thaws those that were frozen so; a repeated call goes on where
 * a broken one ended. Returns how many rooms changed. Errors: ROOM_NO_EXISTS (a link that the key may not touch),
 * INVALID_PAYLOAD.
 */
export async function freezeLink(
  chat: Chat,
  actor: PlatformActor,
  input: { sid: string; reasonCode?: string | null; unfreeze?: boolean | null },
): Promise<number> {
  const { sid, reasonCode } = input;
  const isFreezed = input.unfreeze !== true;
  const reason = reasonCode ?? LINK_FROZEN;
  if (!mayManage(actor, { link: { sid, name: '' } })) throw new ChatError('ROOM_NO_EXISTS');
  if (reason === EXPIRED) throw invalid(`reasonCode must not be ${EXPIRED}`);
  const settings: RoomSettings = { rules: { isFreezed }, freezingReasonCode: isFreezed ? reason : null };
  let count = 0;
  let after: string | null = null;
  for (;;) {
    const query = { linkSid: sid, frozen: isFreezed, reasonCode: reason, after, limit: AT_ONCE };
    const ids = await chat.stores.freezer.toFreeze(query);
    if (ids.length === 0) break;
    const at = new Date(chat.clock.now());
    await chat.stores.freezer.settingsOf(ids, settings, at);
    for (const roomId of ids) chat.bus.publish({ type: 'room.changed', roomId, settings, at });
    count += ids.length;
    after = ids.at(-1)!;
  }
  const act = isFreezed ? 'link.freeze' : 'link.unfreeze';
  chat.audit.note(actor, act, { details: { linkSid: sid, reasonCode: reason, count } });
  return count;
}
