import type { Socket } from 'socket.io';
import { ChatError } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/model.ts';
import { ANONYMOUS } from '../../domain/rooms/visit.ts';
import { isWrongClaims, type TokenIdentity, type Tokens } from '../kit/auth.ts';
import { HANDSHAKE_REFUSALS } from './catalogue.ts';
import type { Visit } from './halls.ts';

/** A connection of this protocol: who is behind it, by what name, and which room it is in. */
export interface Session {
  readonly socket: Socket;
  readonly actor: UserActor;
  readonly nickname: string;
  /** What kind of client it says it is. */
  readonly kind: string | null;
  /** Seconds. */
  issuedAt: number;
  /** Milliseconds. */
  expiresAt: number;
  /** State of the bucket of events. */
  rate: number;
  visit: Visit | null;
  /** Events are answered one after the other: a message that follows a joining goes into that room. */
  tail: Promise<void>;
  waiting: number;
}

const MAX_NICKNAME = 100;
const MAX_KIND = 64;

export interface Credentials {
  /** Null: the anonymous one. */
  identity: TokenIdentity | null;
  nickname: string;
  kind: string | null;
}

/**
 * Who a handshake is of. Where anonymous people are let in, a bad token or nickname makes one.
 * Throws the `connect_error`: E01 to E04.
 */
export function credentialsOf(socket: Socket, tokens: Tokens, allowsAnonymous: boolean): Credentials {
  const auth = socket.handshake.auth as Record<string, unknown>;
  const kind = textOf(auth['cType'], MAX_KIND);
  try {
    const token = auth['token'] ?? socket.handshake.query['token'];
    const identity = identityOf(tokens, token);
    // The seed's own sample sends its token as nickname: no room is to be shown a token.
    const nickname = auth['nickname'] === token ? identity.nickName : textOf(auth['nickname'], MAX_NICKNAME);
    if (nickname === null) throw handshakeRefusal('E04');
    return { identity, nickname, kind };
  } catch (error) {
    if (!allowsAnonymous) throw error;
    return { identity: null, nickname: ANONYMOUS.nickName, kind };
  }
}

function identityOf(tokens: Tokens, token: unknown): TokenIdentity {
  try {
    return tokens.verify(token);
  } catch (error) {
    throw handshakeRefusal(typeOf(error));
  }
}

function typeOf(error: unknown): keyof typeof HANDSHAKE_REFUSALS {
  if (error instanceof ChatError && error.code === 'TOKEN_EXPIRED') return 'E01';
  return isWrongClaims(error) ? 'E03' : 'E02';
}

export const handshakeRefusal = (type: keyof typeof HANDSHAKE_REFUSALS): Error =>
  Object.assign(new Error(type), { data: { content: HANDSHAKE_REFUSALS[type] } });

const textOf = (value: unknown, max: number): string | null =>
  typeof value === 'string' && value.trim() !== ''
    ? [...value.toWellFormed().replaceAll('\0', '').trim()].slice(0, max).join('') || null
    : null;

export const sessionOf = (socket: Socket, { identity, nickname, kind }: Credentials): Session => ({
  socket,
  actor: identity
    ? { kind: 'user', userId: identity.id, nickName: identity.nickName, profileUrl: identity.profileUrl }
    : ANONYMOUS,
  nickname,
  kind,
  issuedAt: identity?.issuedAt ?? 0,
  expiresAt: identity?.expiresAt ?? Infinity,
  rate: 0,
  visit: null,
  tail: Promise.resolve(),
  waiting: 0,
});
