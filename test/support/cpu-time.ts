/**
 * CPU time in milliseconds that this process has used since `start` (of `process.cpuUsage()`). For "this can't stall the
 * process": unlike a clock it does not run while others have the cores.
 */
export function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}
