import type { DoNotDisturb } from '../ports.ts';

const clocks = new Map<string, Intl.DateTimeFormat>();
/** Zones are few; a client may still name them in more ways than there are. */
const MAX_CLOCKS = 1_000;

/** Throws a RangeError for what is no time zone. */
function clockOf(timezone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timezone);
  if (!clock) {
    const options = { timeZone: timezone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    clock = new Intl.DateTimeFormat('en-GB', options);
    if (clocks.size >= MAX_CLOCKS) clocks.clear();
    clocks.set(timezone, clock);
  }
  return clock;
}

/** A name that the runtime's tables of time zones know. */
export function isTimezone(name: string): boolean {
  try {
    clockOf(name);
    return true;
  } catch {
    return false;
  }
}

/** Whether it is quiet at this moment (milliseconds); `from` belongs to it, `to` does not. It may span midnight. */
export function isQuiet({ from, to, timezone }: DoNotDisturb, at: number): boolean {
  const now = clockOf(timezone).format(at);
  if (from === to) return true;
  return from < to ? now >= from && now < to : now >= from || now < to;
}
