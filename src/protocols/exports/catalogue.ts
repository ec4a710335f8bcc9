import { defineRoute } from '../kit/route.ts';
import { id, Joi } from '../kit/schema.ts';

/** The contract of reading exports (protocols.md 4). */

export { EXPORTS as PREFIX } from '../kit/exports.ts';

export interface ExportQuery {
  id: string;
  sig?: string;
  exp?: number;
}

export const getExport = defineRoute<ExportQuery, never>({
  method: 'get',
  path: '/:id',
  summary:
    'The file of an export, for a day: with the token of the user who asked, the `chat-api-key` that asked, or the signature of its link. Where files are on S3 the answer is a redirect.',
  params: Joi.object({ id: id().required() }),
  query: Joi.object({ sig: Joi.string().max(64), exp: Joi.number().integer() }).and('sig', 'exp'),
  response: Joi.binary(),
  errors: ['TOKEN_INVALID', 'TOKEN_EXPIRED', 'INVALID_API_KEY', 'YOU_HAVE_NO_AUTHORIZATION', 'NOT_FOUND'],
  scope: null,
});
