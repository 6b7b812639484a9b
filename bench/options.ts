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

/** … or how fast it tells who is hit if an item fails. */
export interface ImpactOptions {
  kind: 'impact';
  items: number;
  json: boolean;
}

/** … or how fast it imports so many configuration items. */
export interface ImportOptions {
  kind: 'import';
  rows: number;
  json: boolean;
}

/** … or whether it stays as it is under load for minutes, and as fast with so many alerts stored. */
export interface SoakOptions {
  kind: 'soak';
  minutes: number;
  rows: number;
  json: boolean;
}

export const HELP = `Usage: npm run bench -- [options]
       npm run bench -- search [--rows N] [--json]
       npm run bench -- import [--rows N] [--json]
       npm run bench -- impact [--items N] [--json]
       npm run bench -- soak [--minutes N] [--rows N] [--json]

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

With "impact" it fills two CMDBs with N items (default 10000) and five times as many relations, a layered one and one at
random, asks who is hit if random items fail, and prints how long the answers take, with the plans. It takes a server.

With "import" it imports a tenth of N made-up resources (default 100000), then all, each into a database of its own and once more
unchanged, and prints how long that takes and how much memory the service has meanwhile.

With "soak" it fills a database with N alerts (default 1000000), measures how many it takes beside an empty one, by turns, and then
lets alerts fire, repeat and resolve for N minutes (default 10) while people read and change work items; it prints how memory and
connections were at the beginning and at the end. It takes a server.

DATABASE_URL names the server (mysql:// or mariadb://): the bench makes a database of its own there and drops it at the
end. Without it, the bench runs on SQLite in a temporary file.
`;

const MAX_CONNECTIONS = 1_024;
const MAX_SECONDS = 60;
const MAX_ITEMS = 200_000;
const MAX_ROWS = 5_000_000;
const MAX_MINUTES = 600;

/** The command line can't be used; the message says why. */
export class UsageError extends Error {}

/** Reads the arguments; null asks for the help. */
export function readOptions(
  args: readonly string[],
): Options | SearchOptions | ImportOptions | ImpactOptions | SoakOptions | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const [kind, ...others] = positionals;
  if (kind === undefined) return loadOptions(values);
  const read = { search: searchOptions, import: importOptions, impact: impactOptions, soak: soakOptions }[kind];
  if (read === undefined || others.length > 0)
    throw new UsageError(`"${positionals.join(' ')}" is not known; there are "search", "import", "impact" and "soak"`);
  return read(values);
}

function impactOptions({ items, json }: Values): ImpactOptions {
  return { kind: 'impact', items: wholeNumber('--items', items, MAX_ITEMS), json };
}

function searchOptions({ rows = '1000000', json }: Values): SearchOptions {
  return { kind: 'search', rows: wholeNumber('--rows', rows, MAX_ROWS), json };
}

function importOptions({ rows = '100000', json }: Values): ImportOptions {
  return { kind: 'import', rows: wholeNumber('--rows', rows, MAX_ROWS), json };
}

function soakOptions({ minutes, rows = '1000000', json }: Values): SoakOptions {
  return {
    kind: 'soak',
    minutes: wholeNumber('--minutes', minutes, MAX_MINUTES),
    rows: wholeNumber('--rows', rows, MAX_ROWS),
    json,
  };
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
  rows?: string;
  minutes: string;
  items: string;
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
        items: { type: 'string', default: '10000' },
        rows: { type: 'string' },
        minutes: { type: 'string', default: '10' },
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
