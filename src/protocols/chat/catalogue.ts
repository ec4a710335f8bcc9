/** The contract of `/chat` (seed 1, protocols.md 4): each event declared once, in one file per subject. */

export type {
  WireJoinUser,
  WireMessage,
  WirePerson,
  WireReadMessage,
  WireRoom,
  WireRules,
} from './catalogue/shared.ts';
export * from './catalogue/rooms.ts';
export * from './catalogue/members.ts';
export * from './catalogue/messages.ts';
export * from './catalogue/files.ts';
export * from './catalogue/marks.ts';
export * from './catalogue/talk.ts';
export * from './catalogue/announcements.ts';
export * from './catalogue/moderation.ts';
export * from './catalogue/search.ts';
export * from './catalogue/exports.ts';
export * from './catalogue/session.ts';
export * from './catalogue/push.ts';
export { subscribePresence, typing, unsubscribePresence } from './catalogue/presence.ts';
export { FRAMES } from './frames.ts';
