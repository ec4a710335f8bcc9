/**
 * The closed list of codes that reach a client (protocols.md 2), each with its sentence for developers.
 * The seed's spellings are kept.
 */
export const ERROR_SENTENCES = {
  CLIENT_ID_NO_EXISTS: 'There is no live identity behind this connection: connect again with a valid token.',
  ROOM_NO_EXISTS: 'There is no such room, or you may not see it.',
  YOU_ARE_NO_JOINED_ROOM: 'You are not a member of this room.',
  YOU_HAVE_NO_AUTHORIZATION: 'You are not allowed to do this.',
  ROOM_IS_FREEZED: 'The room is frozen.',
  YOU_ARE_MUTED: 'You may not write here for a time.',
  YOU_ARE_BANNED: 'You are banned from this room.',
  WRONG_TARGET_USER_IDS: 'None of the given user ids can be used here.',
  JOIN_USER_ALREADY_EXISTS: 'All of the given users are members already.',
  ROOM_RULES_CAN_NOT_INVITE_MEMBERS: 'The rules of this room do not allow inviting.',
  ROOM_RULES_CAN_NOT_LEAVE: 'The rules of this room do not allow leaving.',
  ROOM_RULES_CAN_NOT_DELETE_MESSAGE: 'The rules of this room do not allow deleting messages.',
  ROOM_RULES_CAN_NOT_SHARE_MESSAGE: 'The rules of this room do not allow sharing messages.',
  MESSAGE_IS_NOT_MINE: 'The message is of somebody else.',
  MESSAGE_HAS_BANNED_WORDS: 'The text has words that are not allowed here.',
  SEND_FILE_IS_EMPTY: 'The slice has no bytes.',
  FILE_NO_EXISTS_WITH_SYNC_KEY: 'There is no upload with this syncKey: start again.',
  FILE_TOO_LARGE: 'The file is larger than allowed.',
  FILE_TYPE_NOT_ALLOWED: 'Files of this type are not allowed.',
  FILE_SLICE_OUT_OF_ORDER: 'This slice is not the next one.',
  MESSAGE_NO_EXISTS: 'There is no such message, or you may not see it.',
  INVALID_PAYLOAD: 'The payload has a wrong shape.',
  SYNC_KEY_CONFLICT: 'This syncKey was used for another content.',
  ROOM_IS_FULL: 'The room has as many members as it can have.',
  TOO_MANY_ROOMS: 'One of the users is in as many rooms as allowed.',
  RATE_LIMITED: 'Too many requests: wait and try again.',
  TEMPORARILY_UNAVAILABLE: 'The store did not confirm: try again with the same syncKey.',
  TOKEN_EXPIRED: 'The token has expired.',
  TOKEN_INVALID: 'The token is not valid.',
  TOO_MANY_CONNECTIONS: 'Too many connections.',
  INVALID_API_KEY: 'The chat-api-key is missing or wrong.',
  ROOM_ALREADY_EXISTS: 'A room of exactly these members exists already.',
  INVITER_ID_IS_NOT_MASTER: 'The inviter is not a master of this room.',
  JOIN_USERS_EMPTY: 'Nobody is left to be added.',
  ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED: 'The room is frozen and cannot be changed.',
  USER_NO_EXISTS: 'There is no such user.',
  NOT_FOUND: 'There is nothing at this address.',
  INTERNAL_ERROR: 'Something went wrong here; the errorId finds it in the log.',
} as const;

export type ErrorCode = keyof typeof ERROR_SENTENCES;

/** The only error whose content reaches a client. Anything else is shown as INTERNAL_ERROR and logged. */
export class ChatError extends Error {
  readonly code: ErrorCode;
  /** Facts for the client, such as `retryAfterMs`. */
  readonly data: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, detail?: string, data?: Record<string, unknown>) {
    super(detail ?? ERROR_SENTENCES[code]);
    this.name = 'ChatError';
    this.code = code;
    this.data = data;
  }
}

/** The store was asked and has not answered in time. What it was asked for may still happen. */
export class StoreSilent extends Error {
  /** Resolves when the store has answered after all, whatever it said; maybe never. */
  readonly settled: Promise<void>;

  constructor(what: string, milliseconds: number, settled: Promise<void>) {
    super(`${what} was not answered within ${milliseconds} ms`);
    this.name = 'StoreSilent';
    this.settled = settled;
  }
}

/** The payload of an event or route has a wrong shape; `detail` names the field. */
export const invalid = (detail: string): ChatError => new ChatError('INVALID_PAYLOAD', detail);
