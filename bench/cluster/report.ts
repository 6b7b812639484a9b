import { table, whole } from '../report';
import { shortened } from './findings.rules';
import type { ClusterResult } from './run';

/** The whole result as text for people. */
export function clusterReportOf(result: ClusterResult): string {
  const rows = table(['', ''], rowsOf(result), 2);
  return [headlineOf(result), '', rows, '', answersOf(result.sent), '', verdictOf(result.findings)].join('\n');
}

/** Everything that is not as it has to be, or that nothing is. */
export function verdictOf({ differences }: { differences: readonly string[] }): string {
  if (differences.length === 0) return 'Every rule was kept.';
  return ['These are not as they have to be:', ...shortened(differences).map((text) => `  ${text}`)].join('\n');
}

/** On what it ran. */
export function headlineOf({
  nodes,
  instances,
  server,
}: Pick<ClusterResult, 'nodes' | 'instances' | 'server'>): string {
  const database = nodes === 1 ? 'one database' : `Galera cluster of ${nodes} nodes`;
  return `${instances} instances · ${database} · ${server} · all on one machine`;
}

function rowsOf({ sent, acknowledged, outage, instanceKilled, drainSeconds, findings }: ClusterResult): string[][] {
  return [
    ['different deliveries', whole(sent.deliveries)],
    ['calls, with copies and repeats', whole(sent.calls)],
    ['seconds of sending', sent.seconds.toFixed(1)],
    ['acknowledged (2xx)', whole(acknowledged)],
    ['of these found', whole(findings.found)],
    ['alerts', whole(findings.alerts)],
    ['work items', whole(findings.workItems)],
    ['of these live', whole(findings.live)],
    ['broken rules', whole(findings.differences.length)],
    ['seconds that the killed node was away', outage.seconds.toFixed(1)],
    ...(outage.transfer === null ? [] : [['it got what it missed by', outage.transfer]]),
    ['an instance was killed', instanceKilled ? 'yes' : 'no'],
    ['seconds until the spools were empty', drainSeconds.toFixed(1)],
  ];
}

/** The calls by what they were answered. */
export function answersOf({ answers }: ClusterResult['sent']): string {
  const rows = Object.entries(answers).sort(([one], [other]) => one.localeCompare(other));
  return table(
    ['answer', 'calls'],
    rows.map(([answer, count]) => [answer, whole(count)]),
    2,
  );
}
