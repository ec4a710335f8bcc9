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
export * from './catalogue/moderation.ts';
export type { WireDelivery, WireEvent, WireWebhook } from './catalogue/webhooks.ts';
export type { BroadcastBody, WireBroadcast, WireStats } from './catalogue/broadcasts.ts';
export {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listDeliveries,
  listEvents,
  listWebhooks,
  patchWebhook,
  replayWebhook,
} from './catalogue/webhooks.ts';
export { createBroadcast, getBroadcast, getStats } from './catalogue/broadcasts.ts';
export * from './catalogue/exports.ts';
export { explainPush } from './catalogue/push.ts';
export * from './catalogue/imports.ts';
