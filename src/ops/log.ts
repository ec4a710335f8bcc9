import { pino, type Logger } from 'pino';

export type Log = Logger;

/** What must never stand in a log line, wherever it hangs. */
const SECRET = [
  'token',
  'authorization',
  'apiKey',
  'secret',
  'password',
  'req.headers.authorization',
  'req.headers["chat-api-key"]',
  'req.headers.cookie',
  '*.token',
  '*.authorization',
  '*.secret',
  '*.password',
];

export interface LogOptions {
  level: string;
  /** Lines for people instead of JSON. */
  pretty: boolean;
}

/** One JSON line per event. Errors show their name, message and stack, nothing of what they carry. */
export function createLog({ level, pretty }: LogOptions): Log {
  return pino({
    level,
    base: null,
    redact: { paths: SECRET, censor: '[secret]' },
    serializers: { err: describeError },
    ...(pretty
      ? {
          transport: {
            target: 'pino-pretty',
            options: { colorize: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' },
          },
        }
      : {}),
  });
}

/**
 * Errors of the driver carry whole documents and repeat their values in the message, message texts included:
 * names, codes and places only.
 */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code } = error as { code?: unknown };
  const isStore = error.name.startsWith('Mongo') || error.name.startsWith('BSON');
  const stack = (error.stack ?? '')
    .split('\n')
    .filter(line => line.startsWith('    at '))
    .slice(0, 12);
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    ...(isStore ? {} : { message: error.message }),
    stack: stack.join('\n'),
  };
}
