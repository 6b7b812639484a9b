import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Linux counts CPU time in hundredths of a second for user space, whatever its own tick is (USER_HZ). */
const TICK_MICROSECONDS = 10_000;

/** CPU time that a process has used so far, in microseconds; null where there is no /proc. */
function cpuMicrosecondsOf(pid: number | null): number | null {
  const stat = pid === null ? null : read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name in parentheses may hold spaces; utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
}

/** Resident memory in MB; null where there is no /proc. */
export function residentMegabytesOf(pid: number): number | null {
  const kilobytes = /^VmRSS:\s*(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) / 1_024;
}

/** The process of a database server on this machine: the one of this pid file, else the only one there is; null where it can't be told. */
export function databaseServerPid(pidFile: string): number | null {
  const named = Number(read(pidFile));
  if (named > 0) return named;
  const found = list('/proc').filter(
    (name) => /^\d+$/.test(name) && /^(mariadbd|mysqld)$/m.test(read(`/proc/${name}/comm`) ?? ''),
  );
  return found.length === 1 ? Number(found[0]) : null;
}

/** CPU time that all processes of the machine have used so far, in microseconds; null where there is no /proc. */
function cpuMicrosecondsOfMachine(): number | null {
  const line = /^cpu +(.*)$/m.exec(read('/proc/stat') ?? '')?.[1];
  if (line === undefined) return null;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = line.split(' ').map(Number);
  return (user + nice + system + irq + softIrq + steal) * TICK_MICROSECONDS;
}

/** What was used while something was measured; null where it can't be told. */
export interface Usage {
  peakMegabytes: number | null;
  serviceMicroseconds: number | null;
  databaseMicroseconds: number | null;
  /** Share of all cores that processes took which have no part in this. */
  othersShare: number | null;
}

/** Watches the processes that take part, from its making to {@link stop}. */
export class ResourceMeter {
  private readonly timer = setInterval(() => this.sample(), 100);
  private readonly start = performance.now();
  private readonly before: CpuTimes;
  private peakMegabytes: number | null = null;

  constructor(private readonly pids: { service: number; load: number; database: number | null }) {
    this.before = this.times();
    this.sample();
  }

  stop(): Usage {
    clearInterval(this.timer);
    const after = this.times();
    const used = (name: keyof CpuTimes): number | null => difference(after[name], this.before[name]);
    const [service, database, machine] = [used('service'), used('database'), used('machine')];
    const ours = [service, database, used('load'), used('bench')].reduce<number>((sum, part) => sum + (part ?? 0), 0);
    const capacity = (performance.now() - this.start) * 1_000 * availableParallelism();
    return {
      peakMegabytes: this.peakMegabytes,
      serviceMicroseconds: service,
      databaseMicroseconds: database,
      othersShare: machine === null ? null : Math.max(0, machine - ours) / capacity,
    };
  }

  private times(): CpuTimes {
    const { service, load, database } = this.pids;
    return {
      service: cpuMicrosecondsOf(service),
      load: cpuMicrosecondsOf(load),
      database: cpuMicrosecondsOf(database),
      bench: cpuMicrosecondsOf(process.pid),
      machine: cpuMicrosecondsOfMachine(),
    };
  }

  private sample(): void {
    const megabytes = residentMegabytesOf(this.pids.service);
    if (megabytes !== null) this.peakMegabytes = Math.max(this.peakMegabytes ?? 0, megabytes);
  }
}

type CpuTimes = Record<'service' | 'load' | 'database' | 'bench' | 'machine', number | null>;

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
