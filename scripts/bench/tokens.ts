import { createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';

/** Secrets of the bench's own servers on the loopback; they guard nothing. */
export const JWT_SECRET = 'bench-only-secret-of-more-than-32-bytes';
export const API_KEY = 'bench-only-api-key-of-more-than-32-bytes';

/** With a string jsonwebtoken first tries to read it as a PEM key, which takes 50 times as long as the check itself. */
const KEY = createSecretKey(Buffer.from(JWT_SECRET));

export interface User {
  _id: string;
  nickName: string;
}

export function userNamed(prefix: string, index: number): User {
  return { _id: `${prefix}${index}`, nickName: `Nick ${prefix}${index}` };
}

export function tokenOf(user: User): string {
  return jwt.sign({ id: user._id, nickName: user.nickName }, KEY, {
    algorithm: 'HS256',
    expiresIn: '2h',
  });
}

/** Who a token belongs to; throws when it is not one of ours. Bare and naive check it in the handshake, as the engine does. */
export function userOfToken(token: unknown): User {
  if (typeof token !== 'string') throw new Error('not authorized');
  const claims = jwt.verify(token, KEY, { algorithms: ['HS256'] });
  if (typeof claims === 'string') throw new Error('not authorized');
  return { _id: String(claims['id']), nickName: String(claims['nickName']) };
}
