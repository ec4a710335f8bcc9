import type { RequestHandler } from 'express';
import { ChatError } from '../../domain/errors.ts';

/**
 * Lets pages of allowed Origins call an API of users, and refuses all other pages. No cookies are used, so nothing
 * but the Origin tells a foreign page from one of ours.
 */
export const corsFor =
  (mayConnect: (origin: string | undefined) => boolean): RequestHandler =>
  (request, response, next) => {
    const origin = request.get('origin');
    if (origin === undefined) return next();
    if (!mayConnect(origin))
      throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'Pages of this Origin may not call this API.');
    response.set({ 'access-control-allow-origin': origin, vary: 'Origin' });
    if (request.method !== 'OPTIONS') return next();
    response
      .set({
        'access-control-allow-methods': 'GET, POST, PUT, DELETE',
        'access-control-allow-headers': 'authorization, chat-api-key, content-type',
        'access-control-max-age': '600',
      })
      .status(204)
      .end();
  };
