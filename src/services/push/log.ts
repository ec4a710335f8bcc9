import type { PushSender } from '../../domain/ports.ts';

/** The development twin: says how many pushes there would have been and where to, never what they say or to whom. */
export const logSender = (
  say: (facts: { messages: number; retractions: number; roomIds: string[] }) => void,
): PushSender => ({
  maxBatch: 500,
  send(batch) {
    const retractions = batch.filter(({ message }) => message.type === 'RETRACT').length;
    const roomIds = [...new Set(batch.map(({ message }) => message.roomId))];
    say({ messages: batch.length - retractions, retractions, roomIds });
    return Promise.resolve(batch.map(() => ({ kind: 'ok' })));
  },
  close: () => Promise.resolve(),
});
