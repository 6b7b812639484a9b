import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';

/** Loaded into the service before anything else: writes each statement that mysql2 sends, with its values, as a line of JSON. */
const file = process.env.BENCH_STATEMENTS_FILE;
if (file !== undefined)
  subscribe('tracing:mysql2:query:start', (message) => {
    appendFileSync(file, `${JSON.stringify((message as { query: string }).query)}\n`);
  });
