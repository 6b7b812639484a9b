import { parseArgs } from 'node:util';
import { isMode, MODES, type Mode } from './alerts';

/** What the command line asks for. */
export interface Options {
  mode: Mode;
  connections: number[];
  seconds: number;
  profile: boolean;
  json: boolean;
}

export const HELP = `Usage: npm run bench -- [options]

Posts alerts to the built service on 127.0.0.1 and prints how many it acknowledges, beside the floor: the same rows
written by plain statements in batches, without the service.

  --connections LIST  how many callers at once, a level for each      (default 1,16,64,256)
  --seconds N         how long each level is measured, 1 to 60        (default 5)
  --mode MODE         what the alerts are                             (default new)
                        new     each opens a work item, on one of 1,000 machines
                        repeat  each is a delivery that is known already
                        storm   all are episodes of one signature and join one work item
                        mixed   each fires, is repeated, and resolves
  --profile           also tell where the service's CPU time goes; profiling itself costs some
  --json              print one JSON document in place of the tables
  --help              print this

DATABASE_URL names the server (mysql:// or mariadb://): the bench makes a database of its own there and drops it at the
end. Without it, the bench runs on SQLite in a temporary file.
`;

const MAX_CONNECTIONS = 1_024;
const MAX_SECONDS = 60;

/** The command line can't be used; the message says why. */
export class UsageError extends Error {}

/** Reads the arguments; null asks for the help. */
export function readOptions(args: readonly string[]): Options | null {
  const values = parse(args);
  if (values.help) return null;
  if (!isMode(values.mode)) throw new UsageError(`--mode must be one of ${MODES.join(', ')}, not "${values.mode}"`);
  return {
    mode: values.mode,
    connections: values.connections
      .split(',')
      .map((text) => wholeNumber('--connections', text.trim(), MAX_CONNECTIONS)),
    seconds: wholeNumber('--seconds', values.seconds, MAX_SECONDS),
    profile: values.profile,
    json: values.json,
  };
}

interface Values {
  mode: string;
  connections: string;
  seconds: string;
  profile: boolean;
  json: boolean;
  help: boolean;
}

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({
      args: [...args],
      options: {
        mode: { type: 'string', default: 'new' },
        connections: { type: 'string', default: '1,16,64,256' },
        seconds: { type: 'string', default: '5' },
        profile: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function wholeNumber(flag: string, text: string, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw new UsageError(`${flag} takes whole numbers from 1 to ${max}, not "${text}"`);
  return value;
}
