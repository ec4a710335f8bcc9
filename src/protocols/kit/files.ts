import type { Chat } from '../../domain/chat.ts';
import type { Signature } from '../../domain/files/signing.ts';
import { isElsewhere } from '../../domain/messages/files.ts';
import type { StoredFile } from '../../domain/model.ts';

/** The addresses of files (protocols.md 4a). */

/** Where the engine serves what it stores. */
export const FILES = '/files';

/** The stable path of a stored object. */
export const filePath = (key: string): string => `${FILES}/${key}`;

/** The same with a signature, for readers that can send no header. */
export const signedPath = (key: string, { sig, exp }: Signature): string =>
  `${filePath(key)}?sig=${sig}&exp=${exp}`;

/** A file of the engine's own lies behind a stable path; one from elsewhere is shown as it is. */
export const fileUrl = (file: StoredFile): string => (isElsewhere(file) ? file.path : filePath(file.path));

/** The link of a file for protocols that know no tokens for files: signed for an hour, made anew at each reading. */
export type FileLink = (file: StoredFile) => string;

/** `publicUrl`: where clients reach this server; without it links are relative. */
export const fileLinks =
  (chat: Chat, publicUrl: string | null): FileLink =>
  file => {
    if (isElsewhere(file)) return file.path;
    const path = signedPath(file.path, chat.files.signer.sign(file.path, chat.clock.now()));
    return publicUrl === null ? path : new URL(path, publicUrl).href;
  };
