import { ERROR_SENTENCES } from '../../../domain/errors.ts';
import type { EventDef, FrameDef } from '../event.ts';
import { toJsonSchema } from '../schema.ts';

/** A key without the characters that a reference cannot hold. */
const keyOf = (name: string): string => name.replace(/[^\w]/g, '_');

/** AsyncAPI 3.0 of a Socket.IO catalogue, from the declarations that validate. */
export function asyncApi(
  namespace: string,
  events: readonly EventDef[],
  frames: readonly FrameDef[],
): object {
  const messages: Record<string, object> = Object.fromEntries<object>([
    ...events.map((event): [string, object] => [keyOf(event.name), requestMessage(event)]),
    ...events.map((event): [string, object] => [`${keyOf(event.name)}_ack`, ackMessage(event)]),
    ...frames.map((frame): [string, object] => [`server_${keyOf(frame.name)}`, frameMessage(frame)]),
  ]);
  const channelRef = { $ref: '#/channels/catalogue' };
  const messageRef = (key: string) => ({ $ref: `#/channels/catalogue/messages/${key}` });
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Madang chat catalogue',
      version: '1.0.0',
      description:
        'Socket.IO events with acks. The handshake carries `auth: {token}`; every ack is a ChatResponse.',
    },
    channels: { catalogue: { address: namespace, title: 'Socket.IO namespace', messages } },
    operations: Object.fromEntries<object>([
      ...events.map((event): [string, object] => [
        keyOf(event.name),
        {
          action: 'receive',
          channel: channelRef,
          summary: event.summary,
          messages: [messageRef(keyOf(event.name))],
          reply: { channel: channelRef, messages: [messageRef(`${keyOf(event.name)}_ack`)] },
        },
      ]),
      ...frames.map((frame): [string, object] => [
        `server_${keyOf(frame.name)}`,
        {
          action: 'send',
          channel: channelRef,
          summary: frame.summary,
          messages: [messageRef(`server_${keyOf(frame.name)}`)],
        },
      ]),
    ]),
  };
}

const requestMessage = (event: EventDef): object => ({
  name: event.name,
  summary: event.summary,
  payload: toJsonSchema(event.payload),
  examples: [{ payload: event.example }],
});

const ackMessage = (event: EventDef): object => ({
  name: `${event.name} (ack)`,
  summary: 'ChatResponse',
  description: event.errors.map(code => `\`${code}\`: ${ERROR_SENTENCES[code]}`).join('\n\n'),
  payload: {
    type: 'object',
    required: ['success'],
    properties: {
      success: { type: 'boolean' },
      error: { type: ['string', 'null'] },
      message: { type: 'string' },
      data: toJsonSchema(event.data),
    },
  },
});

const frameMessage = (frame: FrameDef): object => ({
  name: frame.name,
  summary: frame.summary,
  payload: toJsonSchema(frame.payload),
});
