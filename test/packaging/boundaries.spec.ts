import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');
const DEPCRUISE = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

/** A file with one import, and the rules that it breaks. */
type Case = [file: string, statement: string, rules: string[]];

const FORBIDDEN: Case[] = [
  ['src/cmdb/knows-work-items.ts', `import { a } from '../work-items/a'; export { a };`, ['cmdb-imports']],
  ['src/cmdb/knows-a-type.ts', `import type { A } from '../work-items/a'; export type { A };`, ['cmdb-imports']],
  ['src/work-items/knows-alerts.ts', `import { a } from '../alerts/a'; export { a };`, ['work-items-imports']],
  ['src/auth/knows-cmdb.ts', `import { a } from '../cmdb/a'; export { a };`, ['auth-imports']],
  ['src/audit/knows-auth.ts', `import { a } from '../auth/a'; export { a };`, ['audit-imports']],
  ['src/health/knows-alerts.ts', `import { a } from '../alerts/a'; export { a };`, ['health-imports']],
  ['src/common/knows-audit.ts', `import { a } from '../audit/a'; export { a };`, ['common-imports']],
  ['src/alerts/knows-database.ts', `import { a } from '../database/a'; export { a };`, ['alerts-imports']],
  ['src/alerts/knows-the-app.ts', `import { a } from '../app.module'; export { a };`, ['alerts-imports']],
  ['src/database/knows-a-service.ts', `import { a } from '../alerts/a.service'; export { a };`, ['database-imports']],
  [
    'src/alerts/knows-the-demo.ts',
    `import { a } from '../../demo/a'; export { a };`,
    ['alerts-imports', 'service-stands-alone'],
  ],
  ['src/knows-a-test.ts', `import { a } from '../test/a'; export { a };`, ['service-stands-alone']],
  ['src/alerts/knows-a-spec.ts', `import { a } from './a.spec'; export { a };`, ['nobody-imports-specs']],
  ['src/alerts/nest.rules.ts', `import { Logger } from '@nestjs/common'; export { Logger };`, ['rules-are-pure']],
  ['src/alerts/typeorm.rules.ts', `import { In } from 'typeorm'; export { In };`, ['rules-are-pure']],
  ['src/alerts/service.rules.ts', `import { a } from './a.service'; export { a };`, ['rules-are-pure']],
  ['src/alerts/entity.rules.ts', `import { a } from './a.entity'; export { a };`, ['rules-are-pure']],
  [
    'src/alerts/file.rules.ts',
    `import { readFileSync } from 'node:fs'; export { readFileSync };`,
    ['rules-touch-nothing-outside'],
  ],
  ['src/alerts/uses-jest.ts', `import { run } from 'jest'; export { run };`, ['no-dev-dependency-in-production']],
  ['src/alerts/leads-nowhere.ts', `import { a } from './nothing'; export { a };`, ['not-resolvable']],
];

const ALLOWED: Case[] = [
  ['src/alerts/a-late-module.ts', `import { a } from '../work-items/a'; export { a };`, []],
  ['src/work-items/reads-bindings.ts', `import { a } from '../cmdb/a'; export { a };`, []],
  ['src/health/opens-routes.ts', `import { a } from '../auth/a'; export { a };`, []],
  ['src/database/sees-an-entity.ts', `import { a } from '../alerts/a.entity'; export { a };`, []],
  ['src/alerts/type.rules.ts', `import type { EntityManager } from 'typeorm'; export type { EntityManager };`, []],
  ['src/alerts/hash.rules.ts', `import { createHash } from 'node:crypto'; export { createHash };`, []],
  ['src/alerts/beside.spec.ts', `import { a } from '../../test/a'; export { a };`, []],
  ['src/app.module.ts', `import { a } from './database/a'; export { a };`, []],
];

describe('the boundaries between the modules', () => {
  let root: string;
  let found: Violation[];

  beforeAll(() => {
    root = projectOf([...FORBIDDEN, ...ALLOWED]);
    writeFiles(root, {
      'src/cmdb/ring-a.ts': `import { b } from './ring-b'; export const a = b;`,
      'src/cmdb/ring-b.ts': `import type { A } from './ring-c'; export const b = 1 as A;`,
      'src/cmdb/ring-c.ts': `import { a } from './ring-a'; export type A = typeof a;`,
    });
    found = violationsIn(root);
  });

  afterAll(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it.each(FORBIDDEN)('%s with `%s` is refused', (file, _statement, rules) => {
    expect(rulesBrokenBy(file)).toEqual(rules);
  });

  it.each(ALLOWED)('%s with `%s` is fine', (file) => {
    expect(rulesBrokenBy(file)).toEqual([]);
  });

  it('files that import each other in a ring are refused, even if one arrow is only a type', () => {
    expect(rulesBrokenBy('src/cmdb/ring-a.ts')).toEqual(['no-cycles']);
  });

  function rulesBrokenBy(file: string): string[] {
    return found
      .filter(({ from }) => from === file)
      .map(({ rule }) => rule.name)
      .sort();
  }
});

interface Violation {
  from: string;
  rule: { name: string };
}

/** A project with our rules and packages, and these files. */
function projectOf(cases: readonly Case[]): string {
  const root = mkdtempSync(join(tmpdir(), 'secure-export-boundaries-'));
  for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs'])
    copyFileSync(join(ROOT, file), join(root, file));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const targets = ['alerts', 'work-items', 'cmdb', 'auth', 'audit', 'health', 'common', 'database'].map(
    (module) => `src/${module}/a.ts`,
  );
  const others = [
    'src/alerts/a.service.ts',
    'src/alerts/a.entity.ts',
    'src/alerts/a.spec.ts',
    'demo/a.ts',
    'test/a.ts',
  ];
  for (const target of [...targets, ...others])
    writeFiles(root, { [target]: 'export type A = number; export const a = 1;' });
  writeFiles(root, Object.fromEntries(cases.map(([file, statement]) => [file, statement])));
  return root;
}

function writeFiles(root: string, files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
}

function violationsIn(root: string): Violation[] {
  const args = [DEPCRUISE, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src', 'demo', 'test'];
  const output = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return (JSON.parse(output) as { summary: { violations: Violation[] } }).summary.violations;
}
