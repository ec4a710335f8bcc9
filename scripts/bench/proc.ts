import { readFileSync, readdirSync } from 'node:fs';
import { sleep } from './stats.ts';

/** Linux reports process times in ticks of 1/100 s on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

interface ProcessTimes {
  parent: number;
  own: number;
  /** Times of children that have ended and were waited for; they are in no live process any more. */
  ended: number;
}

function timesOf(pid: number): ProcessTimes | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name may hold spaces and brackets: count fields from the last bracket on.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const at = (index: number) => Number(fields[index]);
    return { parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) };
  } catch {
    return undefined;
  }
}

/** CPU seconds (user and system) that one process has used, its threads included, its children not. */
export function cpuSeconds(pid: number): number {
  const times = timesOf(pid);
  return times ? times.own / TICKS_PER_SECOND : NaN;
}

/** CPU seconds of a process and all below it: what a database costs that has a process per connection. */
export function treeCpuSeconds(root: number): number {
  const all = new Map<number, ProcessTimes>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const times = Number.isInteger(pid) ? timesOf(pid) : undefined;
    if (times) all.set(pid, times);
  }
  if (!all.has(root)) return NaN;
  let ticks = 0;
  for (const [pid, times] of all) {
    if (isBelow(pid, root, all)) ticks += times.own + times.ended;
  }
  return ticks / TICKS_PER_SECOND;
}

function isBelow(pid: number, root: number, all: Map<number, ProcessTimes>): boolean {
  for (let at = pid, depth = 0; depth < 64; depth++) {
    if (at === root) return true;
    const times = all.get(at);
    if (!times || times.parent <= 1) return false;
    at = times.parent;
  }
  return false;
}

/** CPU seconds that the whole machine has been busy, time taken by its host included. */
export function machineCpuSeconds(): number {
  const [first = ''] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
  // user nice system idle iowait irq softirq steal: all but the fourth and the fifth are work.
  const fields = first.trim().split(/\s+/).slice(1, 9).map(Number);
  return fields.reduce((sum, ticks, i) => (i === 3 || i === 4 ? sum : sum + ticks), 0) / TICKS_PER_SECOND;
}

/** Resident memory of one process in bytes. */
export function rssBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return line ? Number(line[1]) * 1024 : NaN;
}

/** Waits until the resident memory of a process has stayed within half a percent for two seconds. */
export async function settledRss(pid: number, longestMs = 20_000): Promise<number> {
  const last: number[] = [];
  for (let waited = 0; waited < longestMs; waited += 400) {
    last.push(rssBytes(pid));
    if (last.length > 6) last.shift();
    if (last.length === 6 && Math.max(...last) - Math.min(...last) < 0.005 * Math.max(...last)) break;
    await sleep(400);
  }
  return rssBytes(pid);
}
