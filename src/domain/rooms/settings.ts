import { requireMaster } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import { isAlarm, isImporting, type Link, type Rules, type UserActor } from '../model.ts';
import { cleanMeta, cleanUrl } from '../messages/content.ts';
import type { RoomSettings } from '../ports.ts';
import { cleanName } from './create.ts';
import { isExpired, isLater, reopen } from './expiry.ts';
import { holding, type LiveRoom } from './live.ts';

export interface SettingsInput {
  name?: string | null;
  profileUrl?: string | null;
  /** Rules that are not named keep their value. */
  rules?: Partial<Rules> | null;
}

/**
 * A master changes name, picture or rules. Freezing is a rule; the ALARM types cannot be thawed by anybody.
 * Errors: ROOM_NO_EXISTS, YOU_HAVE_NO_AUTHORIZATION, ROOM_IS_FREEZED (of an alarm room), INVALID_PAYLOAD.
 * Seed 1, Update Room Setting.
 */
export async function updateRoomSetting(
  chat: Chat,
  actor: UserActor,
  roomId: string,
  input: SettingsInput,
): Promise<void> {
  const { live } = await requireMaster(chat, actor, roomId);
  const { isFreezed } = live.room.rules;
  await changeSettings(chat, live, input);
  const { rules, ...rest } = input;
  const wanted = rules?.isFreezed;
  const act = wanted === undefined || wanted === isFreezed ? 'settings' : wanted ? 'freeze' : 'unfreeze';
  // Rules as they were set; of the rest only what it was.
  const details = { ...(rules ? { rules } : {}), changed: Object.keys(rest) };
  chat.audit.note(actor, `room.${act}`, { room: live.room, details });
}

export interface ManagedSettings extends SettingsInput {
  link?: Link | null;
  meta?: Record<string, unknown> | null;
  freezingReasonCode?: string | null;
  opensAt?: Date | null;
  expiresAt?: Date | null;
}

/** Stores what was asked for and tells it; keys that are absent keep their value. */
export async function changeSettings(chat: Chat, live: LiveRoom, input: ManagedSettings): Promise<void> {
  const settings: RoomSettings = {};
  if (input.name != null) settings.name = cleanName(input.name);
  if (input.profileUrl !== undefined) settings.profileUrl = cleanUrl(input.profileUrl, 'profileUrl');
  if (input.rules) settings.rules = input.rules;
  if (isAlarm(live.room.roomType) && settings.rules?.isFreezed === false)
    throw new ChatError('ROOM_IS_FREEZED');
  if (input.link !== undefined) settings.link = input.link;
  if (input.meta !== undefined) settings.meta = cleanMeta(input.meta);
  if (input.freezingReasonCode !== undefined) settings.freezingReasonCode = input.freezingReasonCode;
  else if (settings.rules?.isFreezed === false) settings.freezingReasonCode = null;
  if (input.opensAt !== undefined) settings.opensAt = input.opensAt;
  if (input.expiresAt !== undefined) settings.expiresAt = input.expiresAt;
  const isThawing = settings.rules?.isFreezed !== undefined || settings.freezingReasonCode !== undefined;
  if (isImporting(live.room) && isThawing) throw new ChatError('ROOM_IS_FREEZED');
  const at = new Date(chat.clock.now());
  const isOver = isExpired(live.room) && !isLater(settings.expiresAt, at);
  // Its end froze it: thawing it takes a later end.
  if (isOver && settings.rules?.isFreezed === false) throw new ChatError('ROOM_IS_FREEZED');
  if (Object.keys(settings).length === 0) return;
  await holding(live, async () => {
    await chat.stores.rooms.settings(live.id, settings, at);
    if (isLater(settings.expiresAt, at)) await reopen(chat, live, settings, at);
    chat.bus.publish({ type: 'room.changed', roomId: live.id, settings, at });
  });
}

/** Removes a room with everything that is in it. */
export async function removeRoom(chat: Chat, live: LiveRoom): Promise<void> {
  await chat.stores.files.doomRoom(live.id, new Date(chat.clock.now()));
  await chat.stream.beforeRemoval(live.id);
  await chat.stores.rooms.remove(live.id);
  chat.bus.publish({ type: 'room.removed', roomId: live.id });
  await chat.stores.claims.release(live.id);
  await chat.stores.restrictions.removeRoom(live.id);
  await chat.stores.members.removeRoom(live.id);
  await chat.stores.log.removeRoom(live.id);
  await chat.stores.edits.removeRoom(live.id);
  await chat.stores.announcements.removeRoom(live.id);
  await chat.indexer.removeRoom(live.id);
}
