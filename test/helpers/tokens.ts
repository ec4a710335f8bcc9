import jwt from 'jsonwebtoken';
import { SECRET } from './engine.ts';

/** A token with exactly these claims: no `iat` and no `exp` but the given ones. */
export const claimsToken = (
  claims: object,
  key: jwt.Secret | jwt.PrivateKey = SECRET,
  options: jwt.SignOptions = {},
): string => jwt.sign(claims, key, { noTimestamp: !('iat' in claims), ...options });
