import type { Readable } from 'node:stream';
import busboy from 'busboy';
import type { Request } from 'express';
import { ChatError, invalid } from '../../domain/errors.ts';

/** The bytes of a request, and what it says of them. */
export interface Body {
  stream: Readable;
  /** The name that a multipart part carries. */
  name: string | null;
  /** Bytes, where the request tells; 0: not known. */
  size: number;
}

const LIMITS = { files: 1, fields: 20, parts: 25, fieldSize: 4_096, headerPairs: 50 };

/** The body of an upload: its bytes as they are, or the first file of a multipart body. Errors: INVALID_PAYLOAD, SEND_FILE_IS_EMPTY. */
export function bodyOf(request: Request): Promise<Body> {
  const type = request.get('content-type') ?? '';
  if (/^multipart\/form-data/i.test(type)) return partOf(request);
  const length = Number(request.get('content-length') ?? 0);
  return Promise.resolve({ stream: request, name: null, size: Number.isSafeInteger(length) ? length : 0 });
}

function partOf(request: Request): Promise<Body> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(invalid('the multipart body cannot be read'));
    let parser: busboy.Busboy;
    try {
      parser = busboy({ headers: request.headers, limits: LIMITS, defParamCharset: 'utf8' });
    } catch {
      return refuse();
    }
    let part: Readable | null = null;
    parser.on('file', (_field, stream, { filename }) => {
      part = stream;
      resolve({ stream, name: filename ?? null, size: 0 });
    });
    parser.once('error', error => {
      // A body that breaks off in the middle of the file breaks the file off too.
      part?.destroy(error instanceof Error ? error : new Error('the multipart body is broken'));
      refuse();
    });
    parser.once('close', () => reject(new ChatError('SEND_FILE_IS_EMPTY', 'The body has no file.')));
    request.once('aborted', () => parser.destroy(new Error('the request was aborted')));
    request.pipe(parser);
  });
}
