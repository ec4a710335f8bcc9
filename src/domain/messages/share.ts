import { requireMember, requireSpeaking, withMessage } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { copyFiles, keepCopies } from '../files/copy.ts';
import { fingerprint } from '../ids.ts';
import type { Member, Message, MessageData, UserActor } from '../model.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';
import { newSyncKey } from './admin.ts';
import { mayCarry, submitTurn, takeTurn, type Turn } from './send.ts';

/** Rooms into which a message is shared at once. */
export const MAX_TARGETS = 20;

export interface ShareInput {
  messageId: string;
  targetRoomIds: readonly string[];
  /** Tells a retry from sharing the same once more; without it the same message goes into a room once. */
  syncKey?: string | null;
}

interface Target {
  live: LiveRoom;
  member: Member;
  syncKey: string;
  /** What an earlier try has sent. */
  sent: Message | null;
}

/**
 * Sends a message once more, as one's own, into other rooms of which one is a member; files are copied. Nothing is sent
 * where one of the rooms refuses. Resolves in the order of the rooms, each named once.
 * Errors: MESSAGE_NO_EXISTS, ROOM_RULES_CAN_NOT_SHARE_MESSAGE, YOU_HAVE_NO_AUTHORIZATION (what only the engine or the
 * platform writes), INVALID_PAYLOAD (no rooms, or too many), those of a send into each of the rooms.
 */
export async function shareMessage(chat: Chat, actor: UserActor, input: ShareInput): Promise<Message[]> {
  return withMessage(chat, actor, input.messageId, async ({ live, message }) => {
    if (!live.room.rules.canShareMessage) throw new ChatError('ROOM_RULES_CAN_NOT_SHARE_MESSAGE');
    if (!mayCarry(chat, message.data)) throw new ChatError('YOU_HAVE_NO_AUTHORIZATION');
    const roomIds = [...new Set(input.targetRoomIds)];
    if (roomIds.length === 0 || roomIds.length > MAX_TARGETS)
      throw invalid(`targetRoomIds must be 1 to ${MAX_TARGETS} rooms`);
    const lives = await Promise.all(roomIds.map(async id => (await requireMember(chat, actor, id)).live));
    return holdingAll(lives, () => shareInto(chat, actor, message, lives, input.syncKey ?? null));
  });
}

async function shareInto(
  chat: Chat,
  actor: UserActor,
  message: Message,
  lives: readonly LiveRoom[],
  syncKey: string | null,
): Promise<Message[]> {
  const targets = await Promise.all(lives.map(live => targetOf(chat, actor, message, live, syncKey)));
  const open = targets.filter(({ sent }) => !sent);
  for (const { live, member } of open) await requireSpeaking(chat, live, member);
  for (const _ of open) chat.quotas.send(actor.userId);
  const contents = new Map<Target, MessageData>();
  for (const target of open) {
    const { live, syncKey: key } = target;
    const to = { roomId: live.id, userId: actor.userId, syncKey: key };
    contents.set(target, await copyFiles(chat, message, to));
  }
  // Copying takes its time: all of them are asked once more before anything is sent.
  const turns = await turnsOf(chat, open, contents);
  return Promise.all(
    targets.map(async target => {
      const sent = target.sent ?? (await send(chat, target, message, turns.get(target)!));
      await keepCopies(chat, sent);
      return sent;
    }),
  );
}

/** A turn in each of the rooms, or in none. */
async function turnsOf(
  chat: Chat,
  open: readonly Target[],
  contents: ReadonlyMap<Target, MessageData>,
): Promise<Map<Target, Turn>> {
  const turns = new Map<Target, Turn>();
  try {
    for (const target of open) {
      const { live, member, syncKey } = target;
      turns.set(target, await takeTurn(chat, live, member, { data: contents.get(target)!, syncKey }));
    }
    return turns;
  } catch (error) {
    for (const { giveBack } of turns.values()) giveBack();
    throw error;
  }
}

async function targetOf(
  chat: Chat,
  actor: UserActor,
  message: Message,
  live: LiveRoom,
  given: string | null,
): Promise<Target> {
  const { member } = await requireMember(chat, actor, live.id);
  const { userId } = actor;
  const once = given ?? message.editedAt;
  const syncKey = `share-${fingerprint(JSON.stringify([message.id, live.id, userId, once]))}`;
  const sent = await chat.stores.log.bySyncKey(live.id, userId, syncKey);
  // One that was deleted there is shared anew, unless the client says that this is a retry.
  if (sent?.deleted && given === null) return { live, member, syncKey: newSyncKey(), sent: null };
  return { live, member, syncKey, sent };
}

function send(chat: Chat, { live, member, syncKey }: Target, message: Message, turn: Turn): Promise<Message> {
  // By what was shared, not by where its copies lie: two tries at the same moment are one message.
  const syncHash = fingerprint(JSON.stringify([message.id, message.editedAt]));
  const { links } = message;
  return submitTurn(chat, live, member, turn, { syncKey, syncHash, data: turn.data, meta: null, links });
}

/** Keeps several rooms in memory while something is done with them. */
const holdingAll = <T>(lives: readonly LiveRoom[], work: () => Promise<T>): Promise<T> =>
  lives.reduce<() => Promise<T>>((inner, live) => () => holding(live, inner), work)();
