import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian puts servers where not everybody looks for programs. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
const PROVIDERS = [
  '/usr/lib/galera/libgalera_smm.so',
  '/usr/lib64/galera-4/libgalera_smm.so',
  '/usr/lib/libgalera_smm.so',
];

/** The programs of a MariaDB server on this machine. */
export interface ServerFiles {
  server: string;
  install: string;
  /** Galera's library; null where one node is enough. */
  provider: string | null;
  /** Whom the server runs as: not root, for what it starts to send its data to other nodes doesn't run as root. */
  user: { name: string; uid: number };
}

/** Finds them, or says which package has them. */
export function findServerFiles(nodes: number): ServerFiles {
  const server = program('mariadbd', 'mariadb-server');
  const install = program('mariadb-install-db', 'mariadb-server');
  if (nodes === 1) return { server, install, provider: null, user: serverUser() };
  program('rsync', 'rsync');
  const provider = PROVIDERS.find((path) => existsSync(path));
  if (provider === undefined) throw missing('libgalera_smm.so', 'galera-4');
  return { server, install, provider, user: serverUser() };
}

function program(name: string, packageName: string): string {
  const folder = FOLDERS.find((each) => each !== '' && existsSync(join(each, name)));
  if (folder === undefined) throw missing(name, packageName);
  return join(folder, name);
}

function missing(what: string, packageName: string): Error {
  return new Error(`${what} is not installed: apt-get install ${packageName}`);
}

function serverUser(): ServerFiles['user'] {
  const uid = process.getuid?.() ?? 0;
  const name = uid === 0 ? 'mysql' : output('id', ['-un']);
  return { name, uid: Number(output('id', ['-u', name])) };
}

function output(command: string, args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8' }).trim();
}
