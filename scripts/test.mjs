// npm test: says which databases the tests run on, builds what they start as a process, and runs jest.
// Further arguments go to jest: npm test -- test/stories
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { BuildError, ROOT, buildIfNeeded } from './build-if-needed.mjs';

const jest = createRequire(import.meta.url).resolve('jest/bin/jest.js');

process.exitCode = await run();

async function run() {
  console.log(`Databases: ${databases()}`);
  try {
    await buildIfNeeded();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    return 1;
  }
  const { status, signal } = spawnSync(process.execPath, [jest, ...workers(), ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (signal !== null) console.error(`jest was ended by ${signal}.`);
  return status ?? 1;
}

function databases() {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) return 'SQLite (set TEST_DATABASE_URL=mariadb://user:password@host:3306/database for a server as well)';
  if (!URL.canParse(url))
    throw new Error('TEST_DATABASE_URL must be a URL: mariadb://user:password@host:3306/database');
  return `SQLite, and ${withoutPassword(url)}`;
}

function withoutPassword(url) {
  const { protocol, username, host, pathname } = new URL(url);
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`;
}

/** Jest leaves one core idle by default: on two cores the whole run would be serial. */
function workers() {
  const chosen = process.argv.some((argument) => /^(?:-w|-i|--maxWorkers|--runInBand)\b/.test(argument));
  return chosen ? [] : ['--maxWorkers=100%'];
}
