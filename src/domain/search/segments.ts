import type { Message } from '../model.ts';
import type { Place, Segment } from '../ports.ts';
import { epochOf, keysOf, SEGMENT } from './grams.ts';

/** Above zero when `a` is the newer one. */
export const compareTo = (a: Place, b: Place): number =>
  a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

export const placeOf = ({ createdAt, id }: Message): Place => ({ at: createdAt, id });

/** Messages of a room that follow each other, cut into segments: none is too wide, none lies in two epochs. */
export function segmentsOf(roomId: string, messages: readonly Message[]): Segment[] {
  const segments: Segment[] = [];
  for (let from = 0; from < messages.length;) {
    const first = messages[from]!;
    const epoch = epochOf(first.seq);
    let to = from + 1;
    while (to < messages.length && to - from < SEGMENT && epochOf(messages[to]!.seq) === epoch) to++;
    const some = messages.slice(from, to);
    const places = some.map(placeOf).sort(compareTo);
    segments.push({
      roomId,
      from: first.seq - 1,
      to: some.at(-1)!.seq,
      newest: places.at(-1)!,
      oldest: places[0]!,
      keys: keysOf(roomId, epoch, some),
    });
    from = to;
  }
  return segments;
}
