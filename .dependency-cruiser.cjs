/**
 * Who may import whom. What is not in the table is forbidden, so a new module starts with nothing.
 *
 * - cmdb never imports work-items: a binding holds a work item's id.
 * - health knows auth for the decorator that opens its routes.
 * - database alone sees entities, and no feature sees database: it is what they all stand on.
 */
const MAY_IMPORT = {
  alerts: ['work-items', 'cmdb', 'auth', 'audit', 'common'],
  'work-items': ['cmdb', 'auth', 'audit', 'common'],
  cmdb: ['auth', 'audit', 'common'],
  auth: ['audit', 'common'],
  audit: ['common'],
  health: ['auth', 'common'],
  common: [],
};

const FEATURES = ['alerts', 'work-items', 'cmdb', 'auth', 'audit', 'health'];
const SPEC = '[.]spec[.]ts$';
const ENTITY = '[.](?:entity|entities)[.]ts$';

const importTable = Object.entries(MAY_IMPORT).map(([module, others]) => ({
  name: `${module}-imports`,
  comment: `src/${module} may import ${others.length === 0 ? 'nothing of ours' : others.join(', ')}.`,
  severity: 'error',
  from: { path: `^src/${module}/`, pathNot: SPEC },
  to: { path: '^(?:src|demo|bench|test)/', pathNot: `^src/(?:${[module, ...others].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...importTable,
    {
      name: 'database-imports',
      comment: 'src/database may import common and the entities of the features, nothing else of theirs.',
      severity: 'error',
      from: { path: '^src/database/', pathNot: SPEC },
      to: {
        path: '^(?:src|demo|bench|test)/',
        pathNot: [`^src/(?:${FEATURES.join('|')})/.*${ENTITY}`, '^src/(?:common|database)/'],
      },
    },
    {
      name: 'rules-are-pure',
      comment: 'A *.rules.ts takes values and answers with a value: no framework, no database, no service.',
      severity: 'error',
      from: { path: '[.]rules[.]ts$' },
      to: {
        path: [
          '^@?nestjs',
          'node_modules/(?:@nestjs|typeorm|fastify|@fastify|pino|prom-client)/',
          '^typeorm',
          '[.](?:service|controller|module|entity|entities|store)[.]ts$',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'rules-touch-nothing-outside',
      comment: 'A *.rules.ts reads no file, no network and no environment.',
      severity: 'error',
      from: { path: '[.]rules[.]ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(?:node:)?(?:crypto|net|url|util|buffer|zlib)$' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle has no top to read from. Types count: they make the same knot for the reader.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'service-stands-alone',
      comment: 'src never imports the demo, the benchmark or the tests (specs beside the code may use test/).',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { path: '^(?:demo|bench|test)/' },
    },
    {
      name: 'nobody-imports-specs',
      comment: 'What two specs share belongs in test/.',
      severity: 'error',
      from: {},
      to: { path: SPEC },
    },
    {
      name: 'no-dev-dependency-in-production',
      comment: 'The container has no devDependencies.',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'declared-dependencies-only',
      comment: 'A package that is imported stands in package.json.',
      severity: 'error',
      from: { path: '^(?:src|demo|bench|test)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'not-resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
    reporterOptions: {
      // The picture of the modules: one box for each folder of src, and for the bootstrap.
      archi: {},
    },
  },
};
