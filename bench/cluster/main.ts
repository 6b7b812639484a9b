import { Cleanup } from '../cleanup';
import { UsageError } from '../options';
import { cmdbReportOf } from './cmdb/cmdb-report';
import { type CmdbResult, runCmdbCluster } from './cmdb/cmdb-run';
import { type ClusterOptions, HELP, readClusterOptions } from './options';
import { clusterReportOf } from './report';
import { type ClusterResult, runCluster } from './run';

/** Answers the exit code: 1 if a rule was broken. */
async function main(): Promise<number> {
  const options = readClusterOptions(process.argv.slice(2));
  if (options === null) {
    console.log(HELP);
    return 0;
  }
  const cleanup = new Cleanup();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void cleanup.run().then(() => process.exit(130)));
  try {
    const { result, report } = await run(options, cleanup);
    console.log(options.json ? JSON.stringify(result, null, 2) : `\n${report}`);
    return result.findings.differences.length === 0 ? 0 : 1;
  } finally {
    await cleanup.run();
  }
}

async function run(
  options: ClusterOptions,
  cleanup: Cleanup,
): Promise<{ result: ClusterResult | CmdbResult; report: string }> {
  const progress = (text: string): void => void process.stderr.write(`… ${text}\n`);
  if (options.scenario === 'cmdb') {
    const result = await runCmdbCluster(options, cleanup, progress);
    return { result, report: cmdbReportOf(result) };
  }
  const result = await runCluster(options, cleanup, progress);
  return { result, report: clusterReportOf(result) };
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(error instanceof UsageError ? 2 : 1);
}

main().then((code) => process.exit(code), fail);
