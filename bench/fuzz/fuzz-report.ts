import { table, whole } from '../report';
import { type FuzzResult, MAX_GROWTH } from './fuzz-run';

/** How much more the service had in its last two tenths than in the third and fourth, in MB; by then its heap has its size. */
function growthOf({ megabytes }: Pick<FuzzResult, 'megabytes'>): number {
  const mean = (tenths: readonly number[]): number => {
    const known = tenths.map((tenth) => megabytes[tenth] ?? NaN).filter((value) => !Number.isNaN(value));
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  const growth = mean([8, 9]) - mean([2, 3]);
  return Number.isNaN(growth) ? 0 : growth;
}

/** Whether all is well. */
export function isClean(result: FuzzResult): boolean {
  return result.faultCount === 0 && growthOf(result) <= MAX_GROWTH;
}

/** The whole result as text for people. */
export function fuzzReportOf(result: FuzzResult): string {
  const { count, seed, connections, database, seconds, perSecond, statuses, kinds, megabytes, faultCount } = result;
  const growth = growthOf(result);
  return [
    `${whole(count)} requests of seed ${seed}, ${connections} connections, ${database}: ${seconds.toFixed(0)} s, ${whole(perSecond)}/s`,
    `cases: ${countsOf(kinds)}`,
    '',
    table(
      ['status', 'answers'],
      Object.entries(statuses).map(([status, answers]) => [status, whole(answers)]),
      0,
    ),
    '',
    `memory in each tenth, MB: ${megabytes.map((value) => (Number.isNaN(value) ? '-' : whole(value))).join(' ')}`,
    `grown by ${growth.toFixed(0)} MB from the third and fourth tenth to the last two; the bound is ${MAX_GROWTH}`,
    `faults: ${whole(faultCount)}`,
    ...result.faults.map((fault) => `  ${fault}`),
    isClean(result) ? 'passed' : 'FAILED',
  ].join('\n');
}

function countsOf(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${whole(count)} ${name}`)
    .join(', ');
}
