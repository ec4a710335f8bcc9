import type { Chat } from '../chat.ts';
import { isImporting } from '../model.ts';
import type { BusEvent } from '../ports.ts';
import { isExpired } from './expiry.ts';
import { tellReads } from './ledger.ts';
import { holding, type LiveRoom } from './live.ts';
import { loadRooms } from './load.ts';

/**
 * Applies what a node was told to the rooms that it has in its hands, then tells its own protocols. The node that
 * acted comes through here like every other, so there is one way for a change to become visible.
 */
export function applyBusEvent(chat: Chat, event: BusEvent): void {
  if (event.type === 'user.changed') return applyUser(chat, event);
  if (event.type === 'tokens.revoked') return chat.events.emit('tokens.revoked', event);
  if (event.type === 'upload') return chat.events.emit('upload.progressed', event);
  if (event.type === 'block') return chat.blocks.forget(event.targetId, event.userId);
  if (event.type === 'words.changed') return chat.words.changed();
  if (event.type === 'export') return chat.events.emit('export.progressed', event);
  if (event.type === 'export.finished') {
    chat.exports.remember(event.userId, event.outcome);
    return chat.events.emit('export.finished', event);
  }
  // Rosters listen for themselves: what they hold is no room of the store.
  if (event.type === 'roster') return;
  if (event.type === 'typing') return applyTyping(chat, event);
  chat.cards.forget(event.roomId);
  applyRoomEvent(chat, event);
}

type PersonalEvent =
  | 'user.changed'
  | 'tokens.revoked'
  | 'roster'
  | 'upload'
  | 'typing'
  | 'block'
  | 'words.changed'
  | 'export'
  | 'export.finished';
type RoomEvent = Exclude<BusEvent, { type: PersonalEvent }>;

function applyRoomEvent(chat: Chat, event: RoomEvent): void {
  const live = chat.registry.peek(event.roomId);
  if (!live) {
    if (event.type === 'room.created' || event.type === 'room.imported') void arrive(chat, event);
    return;
  }
  switch (event.type) {
    case 'messages':
      return chat.delivery.accept(live, event);
    case 'message.changed': {
      const { message } = event;
      const last = live.room.lastMessage;
      if (last?.id === message.id && last.revision > message.revision) return;
      const isEarly = message.seq > live.room.lastSeq;
      // What was not told yet is told as it is by then.
      if (!live.changes.accept(message, isEarly) || isEarly) return;
      if (message.deleted) {
        live.addUncounted({ seq: message.seq, for: null });
        live.counts.dropMention(message.seq);
      }
      if (last?.id === message.id) {
        live.room.lastMessage = message;
        // A head that was not written yet must not bring the old text back.
        chat.ledger.headMoved(live);
      }
      if (message.changedAt && message.changedAt > live.room.updatedAt)
        live.room.updatedAt = message.changedAt;
      return chat.events.emit('message.changed', { live, message });
    }
    case 'room.changed':
      return applySettings(chat, live, event);
    case 'room.created':
      chat.expiry.noticed(live.room);
      return chat.events.emit('room.created', { live });
    case 'room.imported':
      return void adopt(chat, live);
    case 'room.removed':
      live.removed = true;
      chat.registry.forget(live.id);
      return chat.events.emit('room.removed', { live });
    case 'read.now': {
      const member = live.members.get(event.userId);
      const at = new Date(chat.clock.now());
      const moved = member && live.read(member, event.seq, event.messageId, at);
      if (member && !moved && event.again) live.readAgain(member, at);
      if (member && member.unreadFromSeq !== null && event.seq > member.unreadFromSeq) {
        live.mark(member, null);
        member.updatedAt = at;
      }
      return chat.events.emit('own.changed', { live, userId: event.userId, by: event.by });
    }
    case 'reads':
      return tellReads(chat.events, live, event.move);
    case 'marked': {
      const member = live.members.get(event.userId);
      if (!member) return;
      live.mark(member, event.unreadFromSeq);
      member.updatedAt = event.at;
      return chat.events.emit('own.changed', { live, userId: event.userId, by: event.by });
    }
    case 'hidden': {
      const { userId, message, by } = event;
      const member = live.members.get(userId);
      if (!member) return;
      member.lastHiddenSeq = Math.max(member.lastHiddenSeq, message.seq);
      member.updatedAt = event.at;
      live.counts.hid(userId);
      return chat.events.emit('message.hidden', { live, userId, message, by });
    }
    case 'muted':
      return applyMuted(chat, live, event);
    case 'alarm': {
      const member = live.members.get(event.userId);
      if (!member) return;
      member.alarmOn = event.on;
      member.updatedAt = new Date(chat.clock.now());
      live.version++;
      return chat.events.emit('own.changed', { live, userId: event.userId, by: event.by });
    }
  }
}

function applySettings(
  chat: Chat,
  live: LiveRoom,
  { settings, at }: Extract<BusEvent, { type: 'room.changed' }>,
): void {
  const wasExpired = isExpired(live.room);
  live.applySettings(settings, at);
  // What is imported from now on is told when it is all there, not when somebody looks.
  if (isImporting(live.room)) live.headKnown = true;
  chat.expiry.noticed(live.room);
  chat.events.emit('room.changed', { live });
  if (!wasExpired && isExpired(live.room)) chat.events.emit('room.expired', { live });
}

function applyMuted(
  chat: Chat,
  live: LiveRoom,
  { userIds, until, at }: Extract<BusEvent, { type: 'muted' }>,
): void {
  for (const userId of userIds) {
    const member = live.members.get(userId);
    if (member) Object.assign(member, { mutedUntil: until, updatedAt: at });
  }
  live.room.updatedAt = at;
  live.version++;
  chat.events.emit('room.changed', { live });
}

function applyTyping(
  chat: Chat,
  { roomId, userId, nickName, isTyping }: Extract<BusEvent, { type: 'typing' }>,
): void {
  const live = chat.registry.peek(roomId);
  if (live?.members.has(userId)) chat.typing.apply(live, userId, nickName, isTyping);
}

/** A room that another node made, or that nobody here has looked at: its members are told as those of other nodes are. */
async function arrive(chat: Chat, { type, roomId }: RoomEvent): Promise<void> {
  try {
    const live = await chat.registry.get(roomId);
    if (!live || live.removed) return;
    chat.expiry.noticed(live.room);
    chat.events.emit(type === 'room.created' ? 'room.created' : 'room.changed', { live });
  } catch (error) {
    chat.reporter.problem('loading a room that was made elsewhere', error);
  }
}

async function adopt(chat: Chat, live: LiveRoom): Promise<void> {
  try {
    const [stored] = await holding(live, () => loadRooms(chat.stores, chat.clock, [live.id]));
    if (!stored || live.removed) return;
    live.adopt(stored);
    chat.events.emit('room.changed', { live });
  } catch (error) {
    chat.reporter.problem('reading a room anew after an import', error);
    // It is read from the store when it is asked for the next time.
    chat.sequencer.doubt(live);
  }
}

function applyUser(chat: Chat, { user, roomIds, at }: Extract<BusEvent, { type: 'user.changed' }>): void {
  for (const roomId of roomIds) {
    const live = chat.registry.peek(roomId);
    const member = live?.members.get(user.id);
    if (!live || !member) continue;
    Object.assign(member, { nickName: user.nickName, profileUrl: user.profileUrl, meta: user.meta });
    live.room.updatedAt = at;
    live.version++;
    chat.events.emit('room.changed', { live });
  }
}
