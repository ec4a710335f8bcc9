import { createSecretKey } from 'node:crypto';
import express, { type Router } from 'express';
import jwt from 'jsonwebtoken';
import { check, id, Joi, optional } from './schema.ts';
import { httpErrors, jsonBody } from './http.ts';
import type { Log } from '../../ops/log.ts';

const HOURS = 24 * 3_600;

const body = Joi.object<{ id: string; nickName?: string; expiresIn?: number }>({
  id: id().max(128).required(),
  nickName: optional(Joi.string().max(100)),
  expiresIn: optional(Joi.number().integer().min(1)),
}).required();

/** A user token for development: HS256, valid for a day unless said otherwise (seconds). */
export const makeToken = (
  secret: string,
  user: { id: string; nickName?: string },
  expiresIn = HOURS,
): string =>
  jwt.sign(
    { id: user.id, ...(user.nickName === undefined ? {} : { nickName: user.nickName }) },
    createSecretKey(secret, 'utf8'),
    { algorithm: 'HS256', expiresIn },
  );

/** `POST /dev/token {id, nickName}` → `{token}`; mounted only where DEV is on. */
export function devRoutes(secret: string, maxBytes: number, log: Log): Router {
  const router = express.Router();
  router.post('/dev/token', jsonBody(maxBytes), (request, response) => {
    const { expiresIn, ...user } = check<{ id: string; nickName?: string; expiresIn?: number }>(
      body,
      request.body,
    );
    response.json({ token: makeToken(secret, user, expiresIn) });
  });
  router.use('/dev', httpErrors(log));
  return router;
}
