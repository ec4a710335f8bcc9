import { cpuSeconds, machineCpuSeconds, treeCpuSeconds } from '../proc.ts';
import { now } from '../stats.ts';

/** Processes whose CPU time is measured; the database only when it is ours. */
export interface Meters {
  serverPid: number;
  databasePid: number | undefined;
  /** Other client processes that are busy meanwhile. */
  clientPids?: number[];
}

/** What a stretch of time has cost, in seconds. */
export interface Cost {
  seconds: number;
  serverCpu: number;
  databaseCpu: number;
  clientCpu: number;
  /** Of the whole machine: what is left of it after the others is somebody else's work, and spoils the figures. */
  machineCpu: number;
}

/** Reads all clocks at one moment; the function returned reads them again and gives the difference. */
export function startMeter(meters: Meters): () => Cost {
  const first = readAll(meters);
  return () => {
    const last = readAll(meters);
    return {
      seconds: last.seconds - first.seconds,
      serverCpu: last.serverCpu - first.serverCpu,
      databaseCpu: last.databaseCpu - first.databaseCpu,
      clientCpu: last.clientCpu - first.clientCpu,
      machineCpu: last.machineCpu - first.machineCpu,
    };
  };
}

function readAll(meters: Meters): Cost {
  const own = process.cpuUsage();
  return {
    databaseCpu: meters.databasePid === undefined ? NaN : treeCpuSeconds(meters.databasePid),
    seconds: now() / 1000,
    serverCpu: cpuSeconds(meters.serverPid),
    clientCpu: (meters.clientPids ?? []).reduce(
      (sum, pid) => sum + cpuSeconds(pid),
      (own.user + own.system) / 1e6,
    ),
    machineCpu: machineCpuSeconds(),
  };
}
