import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { ChatError } from '../../domain/errors.ts';
import { isReservedId, type Contact } from '../../domain/model.ts';
import type { Identity } from '../../domain/users/directory.ts';

/** Who a token speaks for, and until when. */
export interface TokenIdentity extends Identity {
  /** Milliseconds. */
  expiresAt: number;
}

/** One algorithm is accepted: the one that belongs to the configured key. */
export type TokenKey = { secret: string } | { publicKey: string };

const MAX_TOKEN = 8_192;
const MAX_ID = 128;
const MAX_NICK = 100;

export interface Tokens {
  /** Errors: TOKEN_EXPIRED, TOKEN_INVALID. */
  verify(token: unknown): TokenIdentity;
}

/** Verifies user tokens (protocols.md 1): pinned algorithm, an `exp`, a usable id. */
export function tokensOf(key: TokenKey): Tokens {
  const { secret, algorithm } = pinned(key);
  return {
    verify(token) {
      if (typeof token !== 'string' || token.length > MAX_TOKEN) throw new ChatError('TOKEN_INVALID');
      let claims: unknown;
      try {
        claims = jwt.verify(token, secret, { algorithms: [algorithm] });
      } catch (error) {
        if (error instanceof jwt.NotBeforeError) throw wrongClaims('The token is not active yet.');
        throw new ChatError(error instanceof jwt.TokenExpiredError ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID');
      }
      return identityOf(claims);
    },
  };
}

/** The signature holds, but what it signs cannot be used: not active yet, no usable id, no end. */
const wrongClaims = (detail: string): ChatError =>
  Object.assign(new ChatError('TOKEN_INVALID', detail), { cause: 'claims' });

/** Tells a token that is wrong in itself from one that nobody of ours made. */
export const isWrongClaims = (error: unknown): boolean => error instanceof Error && error.cause === 'claims';

function pinned(key: TokenKey): { secret: KeyObject; algorithm: jwt.Algorithm } {
  // As a key object: a string is tried as a PEM key first, at each check, which takes fifty times as long.
  if ('secret' in key) return { secret: createSecretKey(Buffer.from(key.secret)), algorithm: 'HS256' };
  const secret = createPublicKey(key.publicKey);
  if (secret.asymmetricKeyType === 'rsa') return { secret, algorithm: 'RS256' };
  if (secret.asymmetricKeyType === 'ec') return { secret, algorithm: 'ES256' };
  throw new Error('JWT_PUBLIC_KEY must be an RSA or EC public key in PEM');
}

function identityOf(claims: unknown): TokenIdentity {
  if (claims === null || typeof claims !== 'object') throw wrongClaims('The token has no claims.');
  const given = claims as Record<string, unknown>;
  const id = userIdOf(given['id'] ?? given['sub']);
  if (typeof given['exp'] !== 'number') throw wrongClaims('The token has no exp.');
  const nickName = textOf(given['nickName'] ?? given['nickname'] ?? given['name'], MAX_NICK) ?? id;
  const email = textOf(given['email'] ?? given['identity'], 320);
  const phone = textOf(given['phone'], 64);
  const meta: Contact = { ...(email ? { email } : {}), ...(phone ? { phone } : {}) };
  return {
    id,
    nickName,
    profileUrl: webUrlOf(given['profileUrl']),
    meta: Object.keys(meta).length > 0 ? meta : null,
    issuedAt: typeof given['iat'] === 'number' ? given['iat'] : 0,
    expiresAt: given['exp'] * 1000,
  };
}

/** A non-empty string, or a safe integer as its decimal string; the engine's own name is nobody's. */
function userIdOf(id: unknown): string {
  const text = Number.isSafeInteger(id) ? String(id) : id;
  const isUsable =
    typeof text === 'string' &&
    text.trim() !== '' &&
    text.length <= MAX_ID &&
    !isReservedId(text) &&
    text.isWellFormed();
  if (!isUsable || text.includes('\0')) throw wrongClaims('The token has no usable user id.');
  return text;
}

const textOf = (value: unknown, max: number): string | null =>
  typeof value === 'string' && value.trim() !== ''
    ? value.toWellFormed().replaceAll('\0', '').trim().slice(0, max)
    : null;

const webUrlOf = (value: unknown): string | null =>
  typeof value === 'string' && value.length <= 2_048 && /^https?:\/\//i.test(value) ? value : null;
