import { dispositionOf } from '../../domain/files/names.ts';
import type { OpenFile } from '../../domain/files/access.ts';
import type { UploadLink } from '../../domain/files/whole.ts';

/** Domain -> the answers of this wire, fields listed by hand so that nothing leaks. */

export const presentUploadLink = ({ uploadId, url, headers }: UploadLink) => ({ uploadId, url, headers });
export type WireUploadLink = ReturnType<typeof presentUploadLink>;

/**
 * Headers of a file. It is asked for anew each time, for who may see it can change; and whatever it contains, a
 * browser runs nothing of it.
 */
export const fileHeaders = (file: OpenFile): Record<string, string> => ({
  'content-type': file.mimeType,
  'content-disposition': dispositionOf(file),
  'cache-control': 'private, no-cache',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
  'accept-ranges': 'bytes',
});
