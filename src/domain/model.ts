/**
 * The inner truth: what a room, a member, a message and a user ARE. Never sent as it is:
 * each protocol lists by hand what it shows (`present.ts`).
 * Ids of rooms and messages are 24 hex digits here and on the wire, ObjectIds in the database.
 */

export const ROOM_TYPES = ['GROUP', 'INQUIRY', 'DIRECT', 'OPEN', 'ALARM', 'SYSTEM_ALARM'] as const;
export type RoomType = (typeof ROOM_TYPES)[number];

export const MESSAGE_TYPES = ['TEXT', 'PHOTO', 'VIDEO', 'FILE', 'CARD', 'ADMIN'] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

/** The author id of messages that the engine or the platform writes; no user can have it. */
export const ADMIN_ID = 'ADMIN';
/** Whom no token names, where development lets such people in (protocols.md 8): member of nothing. */
export const ANONYMOUS_ID = 'ANONYMOUS';
/** Ids that are the engine's own: no token, and no partner, can name a person so. */
export const isReservedId = (id: string): boolean => id === ADMIN_ID || id === ANONYMOUS_ID;

/** What members may do in a room. The wire spells `canInviteMembers` as the seed does: `canInviteMemebrs`. */
export interface Rules {
  canCopyMessage: boolean;
  canCaptureMessage: boolean;
  canDeleteMessage: boolean;
  canShareMessage: boolean;
  canInviteMembers: boolean;
  canLeaveOutRoom: boolean;
  canShowMemberList: boolean;
  /** E-mail and phone of members go to other members too. */
  canShowMemberMeta: boolean;
  /** Whoever joins later sees what was written before. */
  canSeeHistory: boolean;
  isFreezed: boolean;
  /** Who writes is told to others (rooms of at most 100 members). */
  showTyping: boolean;
  /** Seconds between two messages of a member who is no master; 0: none. */
  slowModeSeconds: number;
  /** What happens to banned words here; null: what each word's entry says. */
  wordFilter: WordFilter | null;
}

export const WORD_FILTERS = ['block', 'mask', 'off'] as const;
export type WordFilter = (typeof WORD_FILTERS)[number];

export interface Link {
  sid: string;
  name: string;
}

/** What opens a room to strangers who know it: a password, kept as a salted slow hash. */
export interface RoomAccess {
  kind: 'password';
  hash: string;
}

export interface Room {
  readonly id: string;
  /** A small integer, unique; the id of the room in protocols 2 to 4. */
  readonly no: number;
  readonly roomType: RoomType;
  name: string;
  profileUrl: string | null;
  link: Link | null;
  rules: Rules;
  /** Null: nobody joins by themselves (but in an OPEN room, where everybody does). */
  access: RoomAccess | null;
  /** The highest `seq` of the log that this node knows; the stored one may lag and is healed on load. */
  lastSeq: number;
  lastMessage: Message | null;
  /** The highest `seq` that somebody's unread count leaves out: below it, subtraction alone is exact. */
  lastUncountedSeq: number;
  /** The highest `seq` that mentions somebody: below it, nobody is mentioned. */
  lastMentionSeq: number;
  lastAnnouncement: Announcement | null;
  memberCount: number;
  /** Hash of the sorted member ids: finds "the room of exactly these members". */
  membersKey: string;
  meta: Record<string, unknown> | null;
  freezingReasonCode: string | null;
  opensAt: Date | null;
  expiresAt: Date | null;
  readonly createdAt: Date;
  /** Last change that `sync` tells: settings, members, last message. */
  updatedAt: Date;
}

/** What masters pin to the top of a room: a text of their own, or a message. */
export interface Announcement {
  readonly id: string;
  readonly roomId: string;
  content: string;
  /** The message that was announced; null: a text of its own. */
  messageId: string | null;
  /** Its place; members who do not see the message do not see its announcement. 0 without a message. */
  seq: number;
  by: Author;
  readonly createdAt: Date;
}

/** The `freezingReasonCode` of a room whose end has come. */
export const EXPIRED = 'EXPIRED';
/** The `freezingReasonCode` of a room into which messages are being imported: they are not shown before the end. */
export const IMPORTING = 'IMPORTING';

/** Messages are being imported into the room: nobody is told of them before the end. */
export const isImporting = ({ freezingReasonCode, rules }: Room): boolean =>
  freezingReasonCode === IMPORTING && rules.isFreezed;

export interface Contact {
  email?: string;
  phone?: string;
  [key: string]: unknown;
}

export interface Member {
  readonly roomId: string;
  readonly userId: string;
  /** A number of its own, unique over all memberships (protocol 2 shows it as the member's id). */
  readonly no: number;
  nickName: string;
  profileUrl: string | null;
  master: boolean;
  alarmOn: boolean;
  meta: Contact | null;
  /** The member sees messages with a `seq` above this one (unless the room shows its history). */
  joinedSeq: number;
  /** Everything up to here is read; never moves back. */
  lastReadSeq: number;
  lastReadMessageId: string | null;
  lastReadAt: Date | null;
  /** A private mark: what comes after this `seq` is shown as unread to this member alone; null: from `lastReadSeq`. */
  unreadFromSeq: number | null;
  /** The highest `seq` that this member hid for themselves; 0: none. */
  lastHiddenSeq: number;
  /** Until then the member cannot write; null: they can. */
  mutedUntil: Date | null;
  readonly createdAt: Date;
  updatedAt: Date;
  /** A joining or leaving whose ADMIN message is not known to be stored yet; its syncKey decides after a crash. */
  pending: { act: 'join' | 'leave'; syncKey: string } | null;
}

export interface Author {
  authorId: string;
  nickName: string;
  profileUrl: string | null;
}

/** `content` by type: TEXT and ADMIN `{text}`, CARD `{rawData}`, files `{files}` (a PHOTO may have a `text`); `{}` once deleted. */
export interface MessageData {
  type: MessageType;
  content: { text?: string; rawData?: Card; files?: StoredFile[] };
}

export interface StoredFile {
  name: string;
  /** The storage key; or, whole, the address of a file elsewhere, which is never fetched. */
  path: string;
  /** Bytes; 0 for a file elsewhere. */
  size: number;
  mimeType?: string;
  thumbnail?: string;
  duration?: number;
  frameSize?: { width: number; height: number };
}

export interface Card {
  cardType: string;
  text?: string;
  link?: { sid: string; name: string; profileUrl?: string };
  acceptedStatus?: boolean;
  image?: string;
  buttons?: { title: string; action: string; value?: Record<string, unknown> }[];
  productApplicationId?: string;
}

export interface Message {
  readonly id: string;
  readonly roomId: string;
  /** 1, 2, 3 … per room, without a hole. Given by the sequencer. */
  readonly seq: number;
  /** One message per (room, author, syncKey), however often it is sent. */
  readonly syncKey: string;
  /** Fingerprint of what was first sent with the syncKey: tells a retry from another message. */
  readonly syncHash: string;
  readonly author: Author;
  data: MessageData;
  meta: Record<string, unknown> | null;
  deleted: boolean;
  /** True for whoever hid the message, who sees it so (`asHidden`); never stored in it. */
  hidden?: true;
  /** The one whose own act this is without having read up to it: it never counts as unread for them. */
  readonly uncountedFor: string | null;
  /** The engine's account of a joining, a leaving or a kick: nodes apply it in `seq` order. */
  readonly act: MembershipAct | null;
  /** The id of the message that this one answers. */
  replyTo: string | null;
  /** The message that `replyTo` names as it is now; read with the message, never stored in it. */
  quote?: Quote | null;
  /** User ids. */
  mentions: string[];
  /** Addresses in the text, as they are to be opened. */
  links: string[];
  reactions: Reaction[];
  editedAt: Date | null;
  readonly createdAt: Date;
  /** Last edit, deletion or reaction, or that of the message it answers; null for an untouched message. */
  changedAt: Date | null;
  /** How often it was changed: of two states of a message the one with the higher number is the newer one. */
  revision: number;
}

/** Who reacted with what, in the order of coming. */
export interface Reaction {
  emoji: string;
  userIds: string[];
}

/** What a reply shows of the message it answers. */
export interface Quote {
  id: string;
  seq: number;
  author: Author;
  /** A text is cut short, a card is its type and text. */
  data: MessageData;
  deleted: boolean;
  /** That of the message when it was read. */
  revision: number;
}

/** What a message was before one of its edits. */
export interface Edit {
  readonly id: string;
  readonly messageId: string;
  readonly roomId: string;
  /** Whose message it is. */
  readonly authorId: string;
  /** Who edited it; ADMIN: the platform. */
  readonly by: string;
  /** When it was edited; the message has this `editedAt` afterwards. */
  readonly at: Date;
  /** The `editedAt` that the message had before; null: never edited. */
  readonly before: Date | null;
  readonly data: MessageData;
}

export interface MembershipAct {
  event:
    | 'member.joined'
    | 'member.invited'
    | 'member.left'
    | 'member.kicked'
    | 'member.banned'
    | 'member.removed';
  actorId: string | null;
  userIds: string[];
  /** When the last master is among those who go, the oldest member takes over. */
  inherits?: boolean;
}

const DEPARTURES: ReadonlySet<MembershipAct['event']> = new Set([
  'member.left',
  'member.kicked',
  'member.banned',
  'member.removed',
]);

export const isDeparture = (act: MembershipAct): boolean => DEPARTURES.has(act.event);

export interface User {
  readonly id: string;
  nickName: string;
  profileUrl: string | null;
  meta: Contact | null;
  lastSeenAt: Date | null;
  /** Tokens issued before are refused (deletion of the user, revocation). */
  tokensValidFrom: Date | null;
}

/** Who acts: a connected user (from a token). */
export interface UserActor {
  readonly kind: 'user';
  readonly userId: string;
  nickName: string;
  profileUrl: string | null;
}

/** Who acts: a partner platform, through an API key that may be bound to some links. */
export interface PlatformActor {
  readonly kind: 'platform';
  readonly keyId: string;
  readonly links: readonly string[] | null;
}

export type Actor = UserActor | PlatformActor;

export const DEFAULT_RULES: Rules = {
  canCopyMessage: true,
  canCaptureMessage: true,
  canDeleteMessage: true,
  canShareMessage: true,
  canInviteMembers: false,
  canLeaveOutRoom: false,
  canShowMemberList: true,
  canShowMemberMeta: false,
  canSeeHistory: false,
  isFreezed: false,
  showTyping: false,
  slowModeSeconds: 0,
  wordFilter: null,
};

/**
 * The rules a new room starts with: the seed's, what `by` changes of them (protocols.md 3), then what was asked for.
 */
export function startingRules(roomType: RoomType, by: Actor['kind'], asked: Partial<Rules> = {}): Rules {
  return {
    ...DEFAULT_RULES,
    canInviteMembers: roomType === 'GROUP' && by === 'platform',
    canLeaveOutRoom: roomType === 'OPEN' || roomType === 'DIRECT',
    canShowMemberMeta: by === 'platform',
    showTyping: roomType === 'DIRECT',
    ...asked,
    ...(isAlarm(roomType) ? { isFreezed: true } : {}),
  };
}

/** The two types that only the platform makes and writes; frozen from birth. */
export const isAlarm = (type: RoomType): boolean => type === 'ALARM' || type === 'SYSTEM_ALARM';
