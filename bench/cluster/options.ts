import { parseArgs } from 'node:util';
import { UsageError } from '../options';

/** What the command line asks for. */
export interface ClusterOptions {
  /** What is tried: alerts while a node is killed, or the CMDB while alerts name what is imported. */
  scenario: 'alerts' | 'cmdb';
  /** Database nodes: one MariaDB, or three of a Galera cluster. */
  nodes: 1 | 3;
  instances: number;
  /** Deliveries that are made up; copies of one delivery count as one. */
  alerts: number;
  /** Imports of the scenario `cmdb`. */
  rounds: number;
  /** Calls a second, over all instances. */
  rate: number;
  seed: number;
  /** The process of one instance is killed, too. */
  killInstance: boolean;
  /** Data directories and logs stay where they are. */
  keep: boolean;
  json: boolean;
}

export const HELP = `Usage: npm run cluster -- [options]
       npm run cluster -- cmdb [options]

Runs the built service several times on a private MariaDB, or on a Galera cluster of three, all on 127.0.0.1 and in a temporary
folder; posts alerts to all instances at once; kills a database node in the middle and starts it again; and tells from the
database whether every rule of the contract was kept. Exit code 1 if not.

cmdb: no node is killed. Items are imported through one instance while alerts through the others name them, two instances import the
same items, machines move, people give one alias to two items and say what names mean; each alert must end at the one item that it
names.

  --nodes N          1 = one MariaDB, 3 = a Galera cluster                    (default 3)
  --instances N      how often the service runs, 1 to 6                       (default 2 on one node, else 3)
  --alerts N         how many different deliveries are sent, 50 to 20000      (default 3000)
  --rounds N         cmdb: how often all of that happens, 1 to 1000           (default 60)
  --rate N           calls a second over all instances, 10 to 1000            (default 200)
  --kill-instance    also kills one instance, which is started again with its node
  --seed N           the same number makes the same alerts in the same order  (default 1)
  --keep             leaves data directories and logs behind, and says where
  --json             print one JSON document in place of the tables
  --help             print this

One node needs MariaDB's server:  apt-get install mariadb-server
Three nodes need besides:         apt-get install galera-4 rsync
`;

/** Reads the arguments; null asks for the help. */
export function readClusterOptions(args: readonly string[]): ClusterOptions | null {
  const values = parse(args);
  if (values.help) return null;
  const nodes = values.nodes === '1' ? 1 : values.nodes === '3' ? 3 : null;
  if (nodes === null) throw new UsageError(`--nodes takes 1 or 3, not "${values.nodes}"`);
  return {
    scenario: values.scenario,
    nodes,
    instances: between('--instances', values.instances ?? String(nodes === 1 ? 2 : nodes), [1, 6]),
    alerts: between('--alerts', values.alerts, [50, 20_000]),
    rounds: between('--rounds', values.rounds, [1, 1_000]),
    rate: between('--rate', values.rate, [10, 1_000]),
    seed: between('--seed', values.seed, [1, 1_000_000]),
    killInstance: values['kill-instance'],
    keep: values.keep,
    json: values.json,
  };
}

interface Values {
  scenario: ClusterOptions['scenario'];
  nodes: string;
  instances?: string;
  alerts: string;
  rounds: string;
  rate: string;
  seed: string;
  'kill-instance': boolean;
  keep: boolean;
  json: boolean;
  help: boolean;
}

function parse(args: readonly string[]): Values {
  const scenario = args[0] === 'cmdb' ? 'cmdb' : 'alerts';
  try {
    const flag = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({
      args: scenario === 'cmdb' ? args.slice(1) : [...args],
      options: {
        nodes: { type: 'string', default: '3' },
        instances: { type: 'string' },
        alerts: { type: 'string', default: '3000' },
        rounds: { type: 'string', default: '60' },
        rate: { type: 'string', default: '200' },
        seed: { type: 'string', default: '1' },
        'kill-instance': flag,
        keep: flag,
        json: flag,
        help: flag,
      },
    });
    return { ...values, scenario };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function between(flag: string, text: string, [least, most]: [number, number]): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${flag} takes whole numbers from ${least} to ${most}, not "${text}"`);
}
