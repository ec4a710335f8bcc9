import type { Signature } from '../../domain/files/signing.ts';

/** The addresses of exports (protocols.md 4). */

export const EXPORTS = '/exports';

/** Where an export is had, with a signature for readers that send no header. */
export const exportUrl = (id: string, { sig, exp }: Signature): string =>
  `${EXPORTS}/${id}?sig=${sig}&exp=${exp}`;

/** The same from outside; null where `publicUrl` is not known. */
export const exportLinks =
  (publicUrl: string | null) =>
  (id: string, signature: Signature): string | null =>
    publicUrl === null ? null : new URL(exportUrl(id, signature), publicUrl).href;
