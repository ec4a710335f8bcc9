import { Joi } from '../../kit/schema.ts';
import { object, result, inRoom, person, user, route, type PersonBody, type UserView } from './shared.ts';

/** People. */

export const putUsers = route<{ users: PersonBody[] }, { upserted: number }>({
  method: 'put',
  path: '/users',
  summary: 'Enter or update people (1,000 at most), so that they can be invited before they ever connect.',
  scope: 'users:write',
  body: object({ users: Joi.array().items(person).min(1).max(1_000).required() }),
  response: object({ upserted: Joi.number().integer().required() }),
  errors: ['INVALID_PAYLOAD'],
  example: { users: [{ _id: '7', nickName: '이영희', meta: { email: 'user7@example.com' } }] },
});

export const getUser = route<{ id: string }, UserView>({
  method: 'get',
  path: '/users/:id',
  summary: 'One person.',
  scope: 'users:read',
  params: inRoom,
  response: user,
  errors: ['USER_NO_EXISTS'],
});

export const deleteUser = route<{ id: string }, { result: true }>({
  method: 'delete',
  path: '/users/:id',
  summary: 'Remove a person from all rooms, void their tokens and erase their personal data.',
  scope: 'users:write',
  params: inRoom,
  response: result,
  errors: ['USER_NO_EXISTS'],
});

export const revokeTokens = route<{ id: string }, { result: true }>({
  method: 'post',
  path: '/users/:id/revokeTokens',
  summary: 'Refuse tokens issued until now, and close the connections made with them.',
  scope: 'users:write',
  params: inRoom,
  response: result,
  errors: [],
});
