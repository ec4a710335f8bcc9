import { ChatError, invalid } from '../../domain/errors.ts';
import type { RosterEntry } from '../../domain/ports.ts';
import type { Roster } from '../../domain/roster/roster.ts';
import type { EventTable } from '../kit/event.ts';
import * as catalogue from './catalogue.ts';
import { presentUser } from './present.ts';

/** The connection that an event came in on. */
export interface LoginCaller {
  connectionId: string;
}

/** The use-case of each event: who is where is all there is, and it is held by the roster. */
export function handleLogins(events: EventTable<LoginCaller>, roster: Roster): void {
  events.add(catalogue.login, (chat, { connectionId: id }, { name, room }) => {
    if (roster.get(id)) throw invalid('user already exists');
    if (roster.sizeOf(room) >= chat.limits.maxRoomMembers) throw new ChatError('ROOM_IS_FULL');
    const entry: RosterEntry = { id, room, name, userId: null, kind: null, isOff: false };
    roster.put(entry);
    return presentUser(entry);
  });
  events.add(catalogue.logout, (_chat, { connectionId }) => {
    const entry = requireLogin(roster, connectionId);
    roster.drop(connectionId);
    return presentUser(entry);
  });
  events.add(catalogue.roomMessage, (_chat, { connectionId }, message) => {
    roster.say(requireLogin(roster, connectionId), message);
    return null;
  });
  events.add(catalogue.ping, (_chat, { connectionId }) => connectionId);
}

function requireLogin(roster: Roster, connectionId: string): RosterEntry {
  const entry = roster.get(connectionId);
  if (!entry) throw invalid('user not found: log in first');
  return entry;
}
