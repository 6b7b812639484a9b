// Writes docs/openapi.json from the built service; with --check it only says whether that file is right.
// From the build, because only `nest build` turns doc comments and validators into schemas.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { buildIfNeeded } from './build-if-needed.mjs';

const FILE = new URL('../docs/openapi.json', import.meta.url);
/** Nothing is listened on, called or kept; the configuration has to be complete all the same. */
const ENVIRONMENT = {
  DATABASE_URL: 'sqlite::memory:',
  AZURE_AD_TENANT_ID: '00000000-0000-0000-0000-000000000000',
  AZURE_AD_AUDIENCE: 'api://secure-export',
  SPOOL_DIR: '',
  METRICS_PORT: '',
  LOG_LEVEL: 'error',
};

await buildIfNeeded();
const text = `${JSON.stringify(sorted(await document()), null, 2)}\n`;
if (process.argv.includes('--check')) check(text);
else writeFileSync(FILE, text);

async function document() {
  const built = createRequire(new URL('../dist/main.js', import.meta.url));
  built('reflect-metadata');
  const { createApp } = built('./bootstrap.js');
  const { openApiOf } = built('./openapi.js');
  const { readConfig } = built('./common/config.js');
  const app = await createApp(readConfig(ENVIRONMENT));
  try {
    return openApiOf(app);
  } finally {
    await app.close();
  }
}

/**
 * Paths and schemas by name, so that moving code changes nothing here. Inside them the order is that of the source,
 * which is the order to read them in.
 */
function sorted(openApi) {
  const { paths, components, ...rest } = openApi;
  return {
    ...rest,
    paths: byName(paths),
    components: { ...components, schemas: byName(components.schemas ?? {}) },
  };
}

function byName(record) {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function check(expected) {
  if (readOrEmpty() === expected) return;
  console.error('docs/openapi.json is not what the code says. Run: npm run openapi');
  process.exitCode = 1;
}

function readOrEmpty() {
  try {
    return readFileSync(FILE, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}
