// npm run demo: builds what is needed, then hands over to demo/main.ts.
import { parseArgs } from 'node:util';
import { BuildError, buildIfNeeded } from './build-if-needed.mjs';

const HELP = `Usage: npm run demo [-- options]

Starts a local stand-in for Microsoft Entra ID and the built service on an embedded database, plays a day
of Azure Monitor alerts through the webhook, shows what became of each, and stays up until Ctrl-C.

Options:
  --once      end after the table; exit code 0 only if everything came out as expected
  -h, --help  show this

Environment:
  PORT          where the service listens (default: 3000, or a free port if that is taken)
  METRICS_PORT  where its metrics are (default: 9464, or a free port if that is taken)
  LOG_LEVEL     what goes to the service's log file (default: info)
  NO_COLOR      set: no colours

Needs no Azure and no database server. It is for developers: it refuses NODE_ENV=production.`;

process.exitCode = await run();

async function run() {
  const options = readOptions();
  if (options === null) return 2;
  if (options.help) return (console.log(HELP), 0);
  if (process.env.NODE_ENV === 'production') {
    console.error('The demo gives tokens to anyone on this machine: it does not run where NODE_ENV=production.');
    return 1;
  }
  try {
    await buildIfNeeded({ demo: true });
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    return 1;
  }
  const demo = await import('../dist-demo/main.js');
  return demo.main({ once: options.once });
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    return null;
  }
}
