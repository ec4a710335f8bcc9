/** The contract of the platform API (seed 1, protocols.md 5): each route declared once, in one file per subject. */

export type {
  MessageBody,
  PersonBody,
  RoomBody,
  RoomPatch,
  UserView,
  WireJoinUser,
  WireMessage,
  WireRoom,
} from './catalogue/shared.ts';
export * from './catalogue/rooms.ts';
export * from './catalogue/messages.ts';
export * from './catalogue/users.ts';
export { explainPush } from './catalogue/push.ts';
