import { runBench } from './bench';
import { Cleanup } from './cleanup';
import { runImpactBench } from './impact/impact-bench';
import { impactReportOf } from './impact/impact-report';
import { runImportBench } from './import/import-bench';
import { importReportOf } from './import/import-report';
import { HELP, readOptions, UsageError } from './options';
import { reportOf } from './report';
import { runSearchBench } from './search/search-bench';
import { searchReportOf } from './search/search-report';
import { runSoakBench } from './soak/soak-bench';
import { soakReportOf, verdictsOf } from './soak/soak-report';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    console.log(HELP);
    return;
  }
  const cleanup = new Cleanup();
  stopOnSignals(cleanup);
  try {
    const progress = (text: string): unknown => process.stderr.write(`… ${text}\n`);
    if (options.kind === 'search') {
      const result = await runSearchBench(options, cleanup, progress);
      console.log(options.json ? JSON.stringify(result, null, 2) : `\n${searchReportOf(result)}`);
    } else if (options.kind === 'impact') {
      const result = await runImpactBench(options, cleanup, progress);
      console.log(options.json ? JSON.stringify(result, null, 2) : `\n${impactReportOf(result)}`);
    } else if (options.kind === 'import') {
      const result = await runImportBench(options, cleanup, progress);
      console.log(options.json ? JSON.stringify(result, null, 2) : `\n${importReportOf(result)}`);
    } else if (options.kind === 'soak') {
      const result = await runSoakBench(options, cleanup, progress);
      console.log(options.json ? JSON.stringify(result, null, 2) : `\n${soakReportOf(result)}`);
      if (verdictsOf(result).some(([, isMet]) => !isMet)) process.exitCode = 1;
    } else {
      const result = await runBench(options, cleanup, progress);
      console.log(options.json ? JSON.stringify(result, null, 2) : `\n${reportOf(result)}`);
    }
  } finally {
    await cleanup.run();
  }
}

function stopOnSignals(cleanup: Cleanup): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanup.run().then(() => process.exit(130)));
  }
}

function fail(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${message}\nnpm run bench -- --help tells what there is.` : message);
  process.exit(isUsage ? 2 : 1);
}

main().then(() => process.exit(), fail);
