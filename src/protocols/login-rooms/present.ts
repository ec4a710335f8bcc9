import type { RosterEntry } from '../../domain/ports.ts';
import type { LoginUser } from './catalogue.ts';

/** Roster -> what this wire shows. */

export const presentUser = ({ id, name, room }: RosterEntry): LoginUser => ({ id, name, room });

export const presentMessage = (from: RosterEntry, message: string) => ({ message, from: from.name });

export const cameNotice = ({ name }: RosterEntry) => ({
  title: 'Someone is here',
  description: `${name} came into the room`,
});

export const wentNotice = ({ name }: RosterEntry) => ({
  title: 'Someone left',
  description: `${name} left the room`,
});

export const refusedNotice = (description: string) => ({ title: 'Not sent', description });
