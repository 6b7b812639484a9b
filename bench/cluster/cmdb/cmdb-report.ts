import { table, whole } from '../../report';
import { answersOf, headlineOf, verdictOf } from '../report';
import type { CmdbResult } from './cmdb-run';

/** The whole result as text for people. */
export function cmdbReportOf(result: CmdbResult): string {
  const rows = table(['', ''], rowsOf(result), 2);
  return [headlineOf(result), '', rows, '', answersOf(result.sent), '', verdictOf(result.findings)].join('\n');
}

function rowsOf({ rounds, sent, acknowledged, findings }: CmdbResult): string[][] {
  return [
    ['imports beside alerts', whole(rounds)],
    ['different deliveries', whole(sent.deliveries)],
    ['seconds of sending', sent.seconds.toFixed(1)],
    ['acknowledged (2xx)', whole(acknowledged)],
    ['of these found', whole(findings.found)],
    ['configuration items', whole(findings.items)],
    ['stubs', whole(findings.stubs)],
    ['relations', whole(findings.relations)],
    ['open questions', whole(findings.openTasks)],
    ['broken rules', whole(findings.differences.length)],
  ];
}
