import { Cleanup, runBench } from './bench';
import { HELP, readOptions, UsageError } from './options';
import { reportOf } from './report';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) return console.log(HELP);
  const cleanup = new Cleanup();
  stopOnSignals(cleanup);
  try {
    const result = await runBench(options, cleanup, (text) => process.stderr.write(`… ${text}\n`));
    console.log(options.json ? JSON.stringify(result, null, 2) : `\n${reportOf(result)}`);
  } finally {
    await cleanup.run();
  }
}

function stopOnSignals(cleanup: Cleanup): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanup.run().then(() => process.exit(130)));
  }
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(
      error instanceof UsageError ? `${error.message}\nnpm run bench -- --help tells what there is.` : error.message,
    );
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
