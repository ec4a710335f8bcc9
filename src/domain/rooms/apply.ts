import type { Chat } from '../chat.ts';
import type { BusEvent } from '../ports.ts';

/**
 * Applies what a node was told to the rooms that it has in its hands, then tells its own protocols. The node that
 * acted comes through here like every other, so there is one way for a change to become visible.
 */
export function applyBusEvent(chat: Chat, event: BusEvent): void {
  if (event.type === 'user.changed') return applyUser(chat, event);
  if (event.type === 'tokens.revoked') return chat.events.emit('tokens.revoked', event);
  chat.cards.forget(event.roomId);
  applyRoomEvent(chat, event);
}

type RoomEvent = Exclude<BusEvent, { type: 'user.changed' | 'tokens.revoked' }>;

function applyRoomEvent(chat: Chat, event: RoomEvent): void {
  const live = chat.registry.peek(event.roomId);
  if (!live) return;
  switch (event.type) {
    case 'messages':
      return chat.delivery.accept(live, event);
    case 'message.changed': {
      const { message } = event;
      if (message.deleted) live.addUncounted({ seq: message.seq, for: null });
      if (live.room.lastMessage?.id === message.id) {
        live.room.lastMessage = message;
        // A head that was not written yet must not bring the old text back.
        chat.ledger.headMoved(live);
      }
      live.room.updatedAt = message.changedAt ?? live.room.updatedAt;
      return chat.events.emit('message.changed', { live, message });
    }
    case 'room.changed':
      live.applySettings(event.settings, event.at);
      return chat.events.emit('room.changed', { live });
    case 'room.created':
      return chat.events.emit('room.created', { live });
    case 'room.removed':
      live.removed = true;
      chat.registry.forget(live.id);
      return chat.events.emit('room.removed', { live });
    case 'read.now': {
      const member = live.members.get(event.userId);
      if (member) live.read(member, event.seq, event.messageId, new Date(chat.clock.now()));
      return chat.events.emit('own.changed', { live, userId: event.userId, by: event.by });
    }
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
