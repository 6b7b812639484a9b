// npm test: says which databases the tests run on, builds what they start as a process, and runs jest.
// Further arguments go to jest: npm test -- test/stories
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { BuildError, ROOT, buildIfNeeded } from './build-if-needed.mjs';

const JEST = join(ROOT, 'node_modules/jest/bin/jest.js');

const EXAMPLE_URL = 'mariadb://user:password@host:3306/database';
const ONLY = ` (set TEST_DATABASE_URL=${EXAMPLE_URL} for a server as well)`;

process.exitCode = await run();

async function run() {
  const server = process.env.TEST_DATABASE_URL;
  if (server && !URL.canParse(server)) {
    console.error(`TEST_DATABASE_URL must be a URL: ${EXAMPLE_URL}`);
    return 1;
  }
  console.log(`Databases: SQLite${server ? `, and ${withoutPassword(server)}` : ONLY}`);
  try {
    await buildIfNeeded();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    return 1;
  }
  const { status, signal } = spawnSync(process.execPath, [JEST, ...workers(), ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (signal !== null) console.error(`jest was ended by ${signal}.`);
  return status ?? 1;
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
