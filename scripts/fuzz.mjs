// npm run fuzz: sends mutated payloads and tokens.
import { runBench } from './run-bench.mjs';

runBench('fuzz/main.js');
