import { ERROR_SENTENCES, type ErrorCode } from '../../../domain/errors.ts';
import { statusOf } from '../http.ts';
import type { RouteDef } from '../route.ts';
import { Joi, toJsonSchema } from '../schema.ts';

const COMMON: readonly ErrorCode[] = [
  'INVALID_PAYLOAD',
  'INVALID_API_KEY',
  'YOU_HAVE_NO_AUTHORIZATION',
  'RATE_LIMITED',
  'TEMPORARILY_UNAVAILABLE',
];

/** One HTTP API and how it differs from the others. */
export interface Api {
  title: string;
  description: string;
  prefix: string;
  routes: readonly RouteDef[];
  /** Names of `SCHEMES`: any one of them lets in. */
  security: readonly (keyof typeof SCHEMES)[];
  /** Statuses of success that are not 200, by method. */
  statuses?: Readonly<Record<string, number>>;
}

const SCHEMES = {
  apiKey: { type: 'apiKey', in: 'header', name: 'chat-api-key' },
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
} as const;

export const PLATFORM = {
  title: 'Madang platform API',
  description: 'For partner platforms. Every request carries the header `chat-api-key`.',
  prefix: '/chat',
  security: ['apiKey'],
} as const;

/** OpenAPI 3.1 of an API, from the declarations that validate. */
export function openApi(api: Api): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of api.routes) {
    const path = api.prefix + (route.path === '/' ? '' : route.path).replace(/[:*](\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method] = operation(api, route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: api.title,
      version: '1.0.0',
      description: api.description,
    },
    security: api.security.map(name => ({ [name]: [] })),
    components: { securitySchemes: Object.fromEntries(api.security.map(name => [name, SCHEMES[name]])) },
    paths,
  };
}

function operation({ prefix, statuses = {} }: Api, route: RouteDef): object {
  return {
    summary: route.summary,
    ...(route.scope === null ? {} : { description: `Scope \`${route.scope}\`.` }),
    tags: [tagOf(route)],
    parameters: [
      ...parameters(route, 'path'),
      ...parameters(route, 'query'),
      ...(prefix === PLATFORM.prefix ? [...dryRun(route), ...idempotency(route)] : []),
    ],
    ...requestBody(route),
    responses: {
      [statuses[route.method] ?? 200]: { description: 'Done.', content: json(toJsonSchema(route.response)) },
      ...failures(route),
    },
  };
}

function requestBody({ body, stream, example }: RouteDef): object {
  if (body) return { requestBody: { required: true, content: json(toJsonSchema(body), example) } };
  if (!stream) return {};
  const { mimeType, line } = stream;
  const content = { [mimeType]: { schema: toJsonSchema(line), example: stream.example } };
  return { requestBody: { required: true, description: 'The schema is that of each line.', content } };
}

const tagOf = ({ path }: RouteDef): string => {
  if (path.startsWith('/users')) return 'users';
  if (path.startsWith('/webhooks') || path === '/events') return 'webhooks';
  if (path.startsWith('/broadcast')) return 'messages';
  if (path === '/stats') return 'stats';
  if (path.startsWith('/imports')) return 'imports';
  return path.includes('messages') ? 'messages' : 'rooms';
};

function parameters(route: RouteDef, place: 'path' | 'query'): object[] {
  const schema = place === 'path' ? route.params : route.query;
  if (!schema) return [];
  const { properties = {} } = toJsonSchema(schema) as { properties?: Record<string, object> };
  return Object.entries(properties).map(([name, inner]) => ({
    name,
    in: place,
    required: place === 'path',
    schema: inner,
  }));
}

const dryRun = ({ method }: RouteDef): object[] =>
  method === 'get'
    ? []
    : [
        {
          name: 'dryRun',
          in: 'query',
          required: false,
          description:
            'Nothing is changed. The answer is `{dryRun: true, would: …}`, where `would` is what the call would have answered (ids and numbers of what is new are made up), or the same refusal.',
          schema: { type: 'boolean', default: false },
        },
      ];

const idempotency = ({ method }: RouteDef): object[] =>
  method === 'post'
    ? [
        {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description: 'The same key within 24 hours is one request: a repeated one gets the first answer.',
          schema: { type: 'string', maxLength: 200 },
        },
      ]
    : [];

const json = (schema: object, example?: unknown) => ({
  'application/json': { schema, ...(example === undefined ? {} : { example }) },
});

const failureSchema = toJsonSchema(
  Joi.object({
    statusCode: Joi.number().integer().required(),
    error: Joi.string().required(),
    message: Joi.string().required(),
    data: Joi.object(),
  }),
);

/** The codes of a route, grouped by status. */
function failures(route: RouteDef): Record<string, object> {
  const byStatus = new Map<number, string[]>();
  for (const code of new Set([...route.errors, ...COMMON])) {
    const status = route.seedErrors?.includes(code) ? 500 : statusOf(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\`: ${ERROR_SENTENCES[code]}`]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, lines]) => [
      status,
      { description: lines.join('\n\n'), content: json(failureSchema) },
    ]),
  );
}
