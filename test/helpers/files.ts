import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Media, ObjectStore } from '../../src/domain/ports.ts';
import { createMedia } from '../../src/services/media/index.ts';
import { diskObjects } from '../../src/services/objects/disk.ts';
import { newKey, type Answer, type ChatClient, type Message } from './client.ts';

let disk: ObjectStore | null = null;
let media: Media | null = null;

/** A disk for files that goes with the process; keys are random, so nobody is in the way. */
export function sharedDisk(): ObjectStore {
  if (disk) return disk;
  const root = mkdtempSync(join(tmpdir(), 'madang-files-'));
  process.once('exit', () => rmSync(root, { recursive: true, force: true }));
  return (disk = diskObjects(root));
}

export const sharedMedia = (): Media => (media ??= createMedia({ searchPath: process.env['PATH'] ?? '' }));

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** What is said of a file to be sent. */
export interface Sending {
  type?: 'FILE' | 'PHOTO' | 'VIDEO';
  name?: string;
  syncKey?: string;
  /** Bytes of a slice. */
  slice?: number;
  /** Slices carry their index. */
  indexed?: boolean;
}

export interface SliceAnswer extends Answer<{
  slice?: number;
  progress?: number;
  result?: true;
  message?: Message;
}> {
  slice?: number;
  progress?: number;
}

/** One slice, as the seed's client sends it. */
export const sendSlice = (
  client: ChatClient,
  roomId: string,
  bytes: Buffer | null | undefined,
  rest: { syncKey: string; size: number; sliceIndex?: number; type?: string; name?: string },
): Promise<SliceAnswer> =>
  client.ask('sendFileMessage', { type: 'FILE', name: 'file.bin', roomId, data: bytes, ...rest });

/** A whole file in slices, each after the answer to the one before; resolves with its message. */
export async function sendFile(
  client: ChatClient,
  roomId: string,
  bytes: Buffer,
  { type = 'FILE', name = 'file.bin', syncKey = newKey(), slice = 50_000, indexed = true }: Sending = {},
): Promise<Message> {
  for (let index = 0; index * slice < bytes.length; index++) {
    const part = bytes.subarray(index * slice, (index + 1) * slice);
    const announced = { syncKey, size: bytes.length, type, name, ...(indexed ? { sliceIndex: index } : {}) };
    const answer = await sendSlice(client, roomId, part, announced);
    if (!answer.success) throw new Error(`slice ${index}: ${answer.error} ${answer.message}`);
    if (answer.data.message) return answer.data.message;
  }
  throw new Error('all slices were sent and no message came');
}

export interface Got {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

/** Asks for a path of the engine; sends no header of its own (fetch does), follows no redirect, leaves `..` as it is. */
export function get(url: string, path: string, headers: Record<string, string> = {}): Promise<Got> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers }, response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode!,
          headers: new Headers(response.headers as Record<string, string>),
          bytes: Buffer.concat(chunks),
        }),
      );
    })
      .once('error', reject)
      .end();
  });
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export const someBytes = (size: number): Buffer => randomBytes(size);
