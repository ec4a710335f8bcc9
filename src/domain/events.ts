import { EventEmitter } from 'node:events';
import type { LiveRoom } from './rooms/live.ts';
import type { Member, Message } from './model.ts';
import type { ExportOutcome, ReadMove, Report, Reporter, RosterEntry } from './ports.ts';

/**
 * What can happen, told on every node after it was applied there: the only way out of the domain.
 * A protocol subscribes in its `index.ts` and projects each into its own frames.
 */
export interface DomainEvents {
  /** New messages of one room, in `seq` order, without a hole since the last telling. */
  'messages.created': { live: LiveRoom; messages: Message[]; joined: Member[]; left: Member[] };
  /** A message was edited or deleted. */
  'message.changed': { live: LiveRoom; message: Message };
  /** Somebody reported a message to the platform; told on the node where they did. */
  'message.reported': { live: LiveRoom; report: Report };
  /** Name, rules or another setting changed. */
  'room.changed': { live: LiveRoom };
  /** The end of a room has come: it is frozen, whoever is inside is to be sent out. */
  'room.expired': { live: LiveRoom };
  /** A room was made: its first members learn of it. */
  'room.created': { live: LiveRoom };
  /**
   * Old messages were imported into these rooms: their logs are whole from 1 to the head, and no `messages.created`
   * told of any of them. Told on the node that worked, a hundred rooms at most at once; again after a crash.
   */
  'import.finished': { roomIds: string[] };
  /** The room is gone, with all that was in it. */
  'room.removed': { live: LiveRoom };
  /** Read positions are stored. */
  'reads.stored': { live: LiveRoom; move: ReadMove };
  /** A user hid a message for themselves: `message` is as they see it from now on. */
  'message.hidden': { live: LiveRoom; userId: string; message: Message; by: string | null };
  /** A user read, marked as unread, or switched the alarm, on one connection: their other ones want to know. */
  'own.changed': { live: LiveRoom; userId: string; by: string | null };
  /** A user's first connection began, or the last one ended, over whatever protocol and on whatever node. */
  'presence.changed': { userId: string; online: boolean; at: Date };
  /** A member began or stopped typing. */
  typing: { live: LiveRoom; userId: string; nickName: string; isTyping: boolean };
  /** Tokens issued before `at` are void: the user's connections are to be closed. */
  'tokens.revoked': { userId: string; at: Date };
  /** A slice of a user's upload came; `progress` is 0..1. */
  'upload.progressed': { userId: string; syncKey: string; progress: number };
  /**
   * A person was erased: memberships, nick and contact are gone. Told on the node that acts alone; whoever keeps
   * something of theirs erases it. May be told again when the erasing is repeated.
   */
  'user.erased': { userId: string };
  /** How far a user's export is, 0..1. */
  'export.progressed': { userId: string; exportId: string; progress: number };
  /** A user's export is there, or failed, or its mail is out or was given up. */
  'export.finished': { userId: string; outcome: ExportOutcome };
  /** Somebody came into a room of a roster (`was` null), went (`now` null) or changed. */
  'roster.changed': { roster: string; was: RosterEntry | null; now: RosterEntry | null };
  /** Somebody of a roster said something that is not stored. */
  'roster.said': { roster: string; from: RosterEntry; text: string };
}

export type EventName = keyof DomainEvents;

/** A typed emitter: one listener's fault is reported and does not keep the event from the others. */
export class Events {
  readonly #emitter = new EventEmitter();
  readonly #reporter: Reporter;
  readonly #isMute: boolean;

  /** `isMute`: nobody hears anything (a rehearsal). */
  constructor(reporter: Reporter, isMute = false) {
    this.#reporter = reporter;
    this.#isMute = isMute;
    this.#emitter.setMaxListeners(0);
  }

  on<N extends EventName>(name: N, listener: (event: DomainEvents[N]) => void): void {
    this.#emitter.on(name, (event: DomainEvents[N]) => {
      try {
        listener(event);
      } catch (error) {
        this.#reporter.problem(`listener of ${name}`, error);
      }
    });
  }

  emit<N extends EventName>(name: N, event: DomainEvents[N]): void {
    if (!this.#isMute) this.#emitter.emit(name, event);
  }
}
