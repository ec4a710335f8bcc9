import { dispositionOf } from '../../domain/files/names.ts';
import type { ExportFile } from '../../domain/ports.ts';

/** Domain -> the answers of this wire. */

/** Always an attachment, whatever its type: a conversation is not a page to look at in a browser. */
export const exportDisposition = ({ name }: ExportFile): string =>
  dispositionOf({ name, mimeType: 'application/octet-stream' });

/** Nobody keeps a copy on the way, and a browser runs nothing of it. */
export const exportHeaders = (file: ExportFile): Record<string, string> => ({
  'content-type': file.mimeType,
  'content-disposition': exportDisposition(file),
  'cache-control': 'private, no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'referrer-policy': 'no-referrer',
});
