import { exportRoom } from '../../../domain/exports/ask.ts';
import type { EventTable } from '../../kit/event.ts';
import * as catalogue from '../catalogue/exports.ts';

export function handleExports(events: EventTable): void {
  events.add(catalogue.exportRoom, async (chat, { actor }, input) => ({
    exportId: (await exportRoom(chat, actor, input)).id,
  }));
}
