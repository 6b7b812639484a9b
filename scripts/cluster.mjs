// npm run cluster: runs several instances while nodes are killed.
import { runBench } from './run-bench.mjs';

runBench('cluster/main.js');
