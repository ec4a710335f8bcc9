import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { env } from 'node:process';

export interface S3Options {
  bucket: string;
  region: string;
  /** Of a server that speaks like S3; then buckets are part of the path. AWS without. */
  endpoint?: string | undefined;
  /** Both or none; without them the SDK looks for credentials itself (role, profile, environment). */
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
}

/** Milliseconds. A request that is not answered in time is tried again, three times in all. */
const CONNECT = 5_000;
/** Until the answer to a question begins. */
const ANSWER = 10_000;
/** Until the answer to bytes begins; a part of 5 MiB then needs 0.7 Mbit/s. */
const TRANSFER = 60_000;
/** A copy of some GB inside of S3. */
export const COPY = 300_000;
/** Without a byte in either direction. */
export const IDLE = 30_000;

export interface S3Clients {
  ask: S3Client;
  load: S3Client;
  /** For `send`: this one is answered soon. */
  soon: { requestTimeout: number };
}

/**
 * `ask` ends a request whose connection is silent. `load` is for objects that are read as a stream, where silence may
 * be the reader's: there `guarded` watches.
 */
export function s3Clients(options: S3Options, { answer = ANSWER, transfer = TRANSFER } = {}): S3Clients {
  // The version is pinned, so that later ones want a newer Node is no news for whoever reads the log.
  env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const { region, endpoint, accessKeyId, secretAccessKey } = options;
  const common: S3ClientConfig = {
    region,
    maxAttempts: 3,
    // The default adds trailing checksums, which other servers store as content or refuse.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
  };
  const limits = { connectionTimeout: CONNECT, throwOnRequestTimeout: true };
  return {
    ask: new S3Client({
      ...common,
      requestHandler: { ...limits, requestTimeout: transfer, socketTimeout: COPY },
    }),
    load: new S3Client({ ...common, requestHandler: { ...limits, requestTimeout: answer } }),
    soon: { requestTimeout: answer },
  };
}

interface Refusal {
  name?: string;
  $metadata?: { httpStatusCode?: number };
}

/** True for the answer about an object that is not there; a bucket that is not there is a failure. */
export const isMissing = (error: unknown): boolean =>
  ['NoSuchKey', 'NotFound'].includes((error as Refusal).name ?? '');

export const isNoSuchUpload = (error: unknown): boolean => (error as Refusal).name === 'NoSuchUpload';

export const isBeyond = (error: unknown): boolean =>
  (error as Refusal).$metadata?.httpStatusCode === 416 || (error as Refusal).name === 'InvalidRange';

export async function orMissing<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
