/**
 * Reads as much of a Dockerfile as ours uses: stages, and in each its instructions in order. An argument is a list where
 * it is written as one (`["node", "dist/main.js"]`), else text.
 */
export function stagesOf(text) {
  const stages = [];
  for (const { name, argument } of instructionsOf(text)) {
    if (name === 'FROM') stages.push({ name: /\sAS\s+(\S+)$/i.exec(argument)?.[1] ?? null, instructions: [] });
    else stages.at(-1).instructions.push({ name, argument });
  }
  return stages;
}

function instructionsOf(text) {
  return text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name, argument] = /^(\w+)\s+(.*)$/.exec(line.trim());
      return { name, argument: argument.trim() };
    });
}

/** The command of `CMD ["a", "b"]`, also inside a HEALTHCHECK. */
export function execFormOf(argument) {
  return JSON.parse(argument.slice(argument.indexOf('[')));
}

/** `A=1 B=2` as an object. */
export function variablesOf(argument) {
  return Object.fromEntries(argument.split(/\s+/).map((pair) => pair.split('=')));
}
