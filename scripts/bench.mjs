// npm run bench: measures the service, see docs/bench.md.
import { runBench } from './run-bench.mjs';

runBench('main.js');
