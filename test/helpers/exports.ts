import { buffer } from 'node:stream/consumers';
import { createServer } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { crc32, inflateRawSync } from 'node:zlib';
import type { ChatClient, Message } from './client.ts';
import type { Engine } from './engine.ts';
import { get } from './files.ts';

export interface Finished {
  exportId: string;
  url: string | null;
  error?: string;
  mailed?: boolean;
}

/** Asks for an export and waits for its end. */
export async function exported(
  client: ChatClient,
  roomId: string,
  format: 'json' | 'csv' | 'txt',
  more: object = {},
): Promise<Finished> {
  const { exportId } = await client.do('exportRoom', { roomId, format, ...more });
  return client.frame<Finished>('exportFinished', frame => frame.exportId === exportId);
}

/** The bytes behind the link of an export. */
export async function download(engine: Engine, { url }: { url: string | null }): Promise<Buffer> {
  const { status, bytes } = await get(engine.url, url!);
  if (status !== 200) throw new Error(`${url}: ${status}`);
  return bytes;
}

export const textOf = async (engine: Engine, finished: { url: string | null }): Promise<string> =>
  (await download(engine, finished)).toString();

/** An export of a platform, once it has come to its end. */
export async function settledExport(engine: Engine, exportId: string): Promise<any> {
  for (;;) {
    const found = await engine.platform.do('GET', `/chat/exports/${exportId}`);
    if (['done', 'failed'].includes(found.state)) return found;
    await engine.app.chat.exports.idle();
  }
}

/** What is in a ZIP, by name, read by its directory; every size, check sum and name is held against the bytes. */
export function unzip(bytes: Buffer): Map<string, Buffer> {
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0) throw new Error('no ZIP');
  const files = new Map<string, Buffer>();
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (bytes.readUInt32LE(at) !== 0x02014b50) throw new Error('the directory is broken');
    const [flags, method] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10)];
    const [crc, packed, size] = [16, 20, 24].map(offset => bytes.readUInt32LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const [nameLength, extra, comment] = [28, 30, 32].map(offset => bytes.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const isAscii = Buffer.byteLength(name) === name.length;
    if (!isAscii && (flags & 0x800) === 0) throw new Error(`${name} is not marked as UTF-8`);
    if (files.has(name)) throw new Error(`${name} is there twice`);
    if (name.startsWith('/') || name.includes('\\') || name.split('/').includes('..'))
      throw new Error(`${name} leads out`);
    const local = bytes.readUInt32LE(at + 42);
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const body = bytes.subarray(from, from + packed);
    const content = method === 0 ? body : inflateRawSync(body);
    if (content.length !== size || crc32(content) !== crc) throw new Error(`${name} is spoiled`);
    files.set(name, content);
    at += 46 + nameLength + extra + comment;
  }
  return files;
}

export interface Letter {
  from: string;
  to: string[];
  raw: string;
}

export interface PostOffice {
  url: string;
  port: number;
  letters: Letter[];
  close(): Promise<void>;
}

/** A real SMTP server that wants a login and keeps what it is given. */
export async function postOffice(options: SMTPServerOptions = {}, port = 0): Promise<PostOffice> {
  const letters: Letter[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      username === 'madang' && password === 'secret'
        ? done(null, { user: username })
        : done(new Error('wrong login')),
    onData(stream, session, done) {
      buffer(stream).then(
        bytes => {
          const { mailFrom, rcptTo } = session.envelope;
          const from = mailFrom ? mailFrom.address : '';
          letters.push({ from, to: rcptTo.map(({ address }) => address), raw: bytes.toString() });
          done();
        },
        (error: Error) => done(error),
      );
    },
    ...options,
  });
  server.on('error', () => undefined);
  const listening = await new Promise<number>(resolve => {
    const it = server.listen(port, '127.0.0.1', () => resolve((it.address() as { port: number }).port));
  });
  return {
    url: `smtp://madang:secret@127.0.0.1:${listening}`,
    port: listening,
    letters,
    close: () => new Promise(resolve => server.close(resolve)),
  };
}

/** A port at which nobody listens yet. */
export function quietPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** The parts of a letter, decoded. */
export const partsOf = ({ raw }: Letter): Buffer[] =>
  raw.split(/\r?\n--[^\r\n]+/).map(part => {
    const [head, ...body] = part.split(/\r?\n\r?\n/);
    const text = body.join('\n\n');
    if (/content-transfer-encoding: base64/i.test(head!)) return Buffer.from(text, 'base64');
    const plain = text
      .replace(/=\r?\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    return Buffer.from(plain, 'latin1');
  });

/** Who has read what is told in the chat, not in an export. */
export const plain = (history: (Message & { unreadUserCount?: number })[]): Message[] =>
  history.map(({ unreadUserCount: _, ...message }) => message);
