import type { ExportFormats } from '../../../domain/ports.ts';
import { roomCsv } from './csv.ts';
import { roomJson, userJson } from './json.ts';
import { koreanClock } from './korean.ts';
import { roomText } from './text.ts';
import { zip } from './zip.ts';

/** How exports look, with the clock of this time zone where people read the time. */
export function exportFormats({ timeZone }: { timeZone: string }): ExportFormats {
  const clock = koreanClock(timeZone);
  const room = {
    json: roomJson,
    csv: (source: Parameters<typeof roomCsv>[0]) => roomCsv(source, clock),
    txt: (source: Parameters<typeof roomText>[0]) => roomText(source, clock),
  };
  return { room: (format, source) => room[format](source), user: userJson, zip };
}
