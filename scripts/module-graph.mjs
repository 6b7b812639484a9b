// Draws who imports whom between the modules of src/ into docs/modules.mmd. With --check it only says whether that file is right.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cruise } from 'dependency-cruiser';

const FILE = new URL('../docs/modules.mmd', import.meta.url);
/** In the order of the data's way. */
const MODULES = ['app', 'auth', 'alerts', 'work-items', 'cmdb', 'audit', 'health', 'database', 'common'];

const graph = mermaidOf(await edges());
if (process.argv.includes('--check')) check(graph);
else writeFileSync(FILE, graph);

function check(expected) {
  if (readOrEmpty(FILE) === expected) return;
  console.error('docs/modules.mmd is not what the imports say. Run: npm run graph');
  process.exitCode = 1;
}

/** `from to` for each pair of modules with an import between them. */
async function edges() {
  const config = createRequire(import.meta.url)('../.dependency-cruiser.cjs');
  const { output } = await cruise(['src'], { ...config.options, includeOnly: { path: '^src/' } });
  const pairs = output.modules
    .filter(({ source }) => !source.endsWith('.spec.ts'))
    .flatMap(({ source, dependencies }) => dependencies.map(({ resolved }) => [moduleOf(source), moduleOf(resolved)]))
    .filter(([from, to]) => from !== to);
  return new Set(pairs.map(([from, to]) => `${from} ${to}`));
}

/** The files at the top of src/ put the modules together: one box. */
function moduleOf(path) {
  const [, first, second] = path.split('/');
  return second === undefined ? 'app' : first;
}

function mermaidOf(pairs) {
  const found = [...pairs].map((pair) => pair.split(' '));
  const modules = [...new Set(found.flat())].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
  const lines = modules.flatMap((from) => {
    const targets = modules.filter((to) => pairs.has(`${from} ${to}`));
    return targets.map((to) => `  ${idOf(from)} --> ${idOf(to)}`);
  });
  const boxes = modules.map((name) => `  ${idOf(name)}["${name}"]`);
  return ['%% Written by `npm run graph`.', 'flowchart TD', ...boxes, ...lines, ''].join('\n');
}

/** A dash in an identifier reads as the start of an arrow. */
function idOf(module) {
  return module.replaceAll('-', '_');
}

function place(module) {
  const index = MODULES.indexOf(module);
  return index === -1 ? MODULES.length : index;
}

function readOrEmpty(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}
