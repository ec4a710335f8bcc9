import { ChatError } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/model.ts';
import type { TokenIdentity } from './auth.ts';
import type { ProtocolParts } from './parts.ts';

/** The token of a header `Authorization: Bearer …`; undefined when there is no such header. */
export function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const [, token] = /^Bearer +(\S+)\s*$/i.exec(authorization) ?? [];
  if (token === undefined)
    throw new ChatError('TOKEN_INVALID', 'The header Authorization has no Bearer token.');
  return token;
}

/**
 * Who a token speaks for; like any connecting user they enter the directory.
 * Errors: TOKEN_INVALID, TOKEN_EXPIRED.
 */
export async function identify(
  { tokens, chat }: Pick<ProtocolParts, 'tokens' | 'chat'>,
  token: string | undefined,
): Promise<TokenIdentity> {
  const identity = tokens.verify(token);
  await chat.directory.connect(identity);
  return identity;
}

export const actorOfUser = ({ id, nickName, profileUrl }: TokenIdentity): UserActor => ({
  kind: 'user',
  userId: id,
  nickName,
  profileUrl,
});
