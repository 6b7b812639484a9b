import { parseArgs } from 'node:util';
import { Cleanup } from '../cleanup';
import { fuzzReportOf, isClean } from './fuzz-report';
import { type FuzzOptions, runFuzz } from './fuzz-run';

const HELP = `Usage: npm run fuzz -- [--count N] [--seed N] [--connections N]

Sends N mutated payloads, tokens and requests (default 100000) to the built service on 127.0.0.1 over N connections
(default 24), and fails on a 5xx that is none by design, on a token let in that nobody has signed, on a request that is
not answered, on an error or a planted secret in the log, and on memory that grows. The seed (default: another one each
time) is printed, and makes the same requests again.

DATABASE_URL names a server, as for the bench; without it, a SQLite file is used.
`;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) return 0;
  const cleanup = new Cleanup();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanup.run().then(() => process.exit(130)));
  }
  try {
    console.log(`seed ${options.seed}`);
    const result = await runFuzz(options, cleanup, (text) => console.log(text));
    console.log(`\n${fuzzReportOf(result)}`);
    return isClean(result) ? 0 : 1;
  } finally {
    await cleanup.run();
  }
}

/** null asks for the help. */
function readOptions(args: readonly string[]): FuzzOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      connections: { type: 'string', default: '24' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return null;
  }
  const number = (name: 'count' | 'seed' | 'connections', max: number): number => {
    const value = /^\d{1,9}$/.test(values[name]) ? Number(values[name]) : -1;
    if (value < Number(name !== 'seed') || value > max) throw new Error(`--${name} takes a whole number up to ${max}.`);
    return value;
  };
  return {
    count: number('count', 10_000_000),
    seed: number('seed', 999_999_999),
    connections: number('connections', 256),
  };
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
