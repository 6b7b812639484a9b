import { parseArgs } from 'node:util';
import { isMode, MODES, type Mode } from './alerts';

/** What the command line asks for: how many alerts the service takes … */
export interface Options {
  kind: 'load';
  mode: Mode;
  connections: number[];
  seconds: number;
  profile: boolean;
  json: boolean;
}

/** … or how fast it answers about many work items. */
export interface SearchOptions {
  kind: 'search';
  rows: number;
  json: boolean;
}

export const HELP = `Usage: npm run bench -- [options]
       npm run bench -- search [--rows N] [--json]

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

With "search" it fills a database with N work items (default 1000000) and all that belongs to them, asks for every list,
filter and sort, and prints how long the answers take, what an export and the statistics cost, and the plan of each statement
that reads many rows. It takes about ten minutes, and a server.

DATABASE_URL names the server (mysql:// or mariadb://): the bench makes a database of its own there and drops it at the
end. Without it, the bench runs on SQLite in a temporary file.
`;

const MAX_CONNECTIONS = 1_024;
const MAX_SECONDS = 60;
const MAX_ROWS = 5_000_000;

/** The command line can't be used; the message says why. */
export class UsageError extends Error {}

/** Reads the arguments; null asks for the help. */
export function readOptions(args: readonly string[]): Options | SearchOptions | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const [kind, ...others] = positionals;
  if (kind !== undefined && (kind !== 'search' || others.length > 0))
    throw new UsageError(`"${positionals.join(' ')}" is not known; there is only "search"`);
  return kind === 'search' ? searchOptions(values) : loadOptions(values);
}

function searchOptions({ rows, json }: Values): SearchOptions {
  return { kind: 'search', rows: wholeNumber('--rows', rows, MAX_ROWS), json };
}

function loadOptions({ mode, connections, seconds, profile, json }: Values): Options {
  if (!isMode(mode)) throw new UsageError(`--mode must be one of ${MODES.join(', ')}, not "${mode}"`);
  return {
    kind: 'load',
    mode,
    connections: connections.split(',').map((text) => wholeNumber('--connections', text.trim(), MAX_CONNECTIONS)),
    seconds: wholeNumber('--seconds', seconds, MAX_SECONDS),
    profile,
    json,
  };
}

interface Values {
  mode: string;
  connections: string;
  seconds: string;
  rows: string;
  profile: boolean;
  json: boolean;
  help: boolean;
}

function parse(args: readonly string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        mode: { type: 'string', default: 'new' },
        connections: { type: 'string', default: '1,16,64,256' },
        seconds: { type: 'string', default: '5' },
        rows: { type: 'string', default: '1000000' },
        profile: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function wholeNumber(flag: string, text: string, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw new UsageError(`${flag} takes whole numbers from 1 to ${max}, not "${text}"`);
  return value;
}
