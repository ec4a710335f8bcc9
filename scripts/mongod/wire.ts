import { deserialize, serialize, type Document } from 'bson';
import { fieldsOf, type Field } from './bson-peek.ts';

/** MongoDB's wire protocol: the messages in, the messages out. */

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
export const HEADER_SIZE = 16;
export const MAX_MESSAGE_SIZE = 48_000_000;

export interface Request {
  id: number;
  /** The command's document, as it came. */
  body: Buffer;
  /** Its top-level fields by name; the first one is the command. */
  fields: Map<string, Field>;
  name: string;
  /** Document sequences by their identifier ("documents", "updates", ...). */
  sequences: Map<string, Buffer>;
  database: string;
  wantsReply: boolean;
  legacy: boolean;
}

export function parseRequest(message: Buffer): Request {
  const opCode = message.readInt32LE(12);
  const request: Request = {
    id: message.readInt32LE(4),
    body: Buffer.alloc(0),
    fields: new Map(),
    name: '',
    sequences: new Map(),
    database: 'admin',
    wantsReply: true,
    legacy: opCode === OP_QUERY,
  };
  if (opCode === OP_MSG) readSections(message, request);
  else if (opCode === OP_QUERY) readQuery(message, request);
  else throw new Error(`wire operation ${opCode} is not served`);
  for (const field of fieldsOf(request.body)) {
    if (request.name === '') request.name = field.name;
    request.fields.set(field.name, field);
  }
  const database = request.fields.get('$db');
  if (database) request.database = request.body.toString('utf8', database.start + 4, database.end - 1);
  return request;
}

function readSections(message: Buffer, request: Request): void {
  const flags = message.readUInt32LE(HEADER_SIZE);
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  request.wantsReply = (flags & MORE_TO_COME) === 0;
  for (let at = HEADER_SIZE + 4; at < end;) {
    const kind = message[at];
    const size = message.readInt32LE(at + 1);
    const section = message.subarray(at + 1, at + 1 + size);
    if (kind === 0) request.body = section;
    else if (kind === 1) {
      const nameEnd = section.indexOf(0, 4);
      request.sequences.set(section.toString('utf8', 4, nameEnd), section.subarray(nameEnd + 1));
    } else throw new Error(`message section of kind ${kind} is not served`);
    at += 1 + size;
  }
}

/** The old query message is only used for the first handshake. */
function readQuery(message: Buffer, request: Request): void {
  const nameEnd = message.indexOf(0, HEADER_SIZE + 4);
  request.database = message.toString('utf8', HEADER_SIZE + 4, nameEnd).replace(/\.\$cmd$/, '');
  const start = nameEnd + 1 + 8;
  request.body = message.subarray(start, start + message.readInt32LE(start));
}

let lastId = 0;

export function encodeReply(request: Request, reply: Document | Buffer): Buffer {
  const body = Buffer.isBuffer(reply) ? reply : Buffer.from(serialize(reply, { ignoreUndefined: true }));
  const prefix = request.legacy ? 20 : 5;
  const message = Buffer.allocUnsafe(HEADER_SIZE + prefix + body.length);
  lastId = (lastId + 1) & 0x7fffffff;
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(lastId, 4);
  message.writeInt32LE(request.id, 8);
  message.writeInt32LE(request.legacy ? OP_REPLY : OP_MSG, 12);
  message.fill(0, HEADER_SIZE, HEADER_SIZE + prefix);
  if (request.legacy) {
    message.writeInt32LE(8, HEADER_SIZE);
    message.writeInt32LE(1, HEADER_SIZE + 16);
  }
  body.copy(message, HEADER_SIZE + prefix);
  return message;
}

/** Decodes without losing the difference of number types: what is decoded may be sent back. */
export function decode(bytes: Buffer): Document {
  return deserialize(bytes, { promoteValues: false, promoteLongs: false, promoteBuffers: false });
}
