// One instance that starts: node migrate-once.cjs <database URL>. Runs the built service's own migration, as a process of its own.
const { join } = require('node:path');
const dist = join(__dirname, '../../dist/database');
const { connect, createDataSource, dataSourceOptions } = require(join(dist, 'data-source-options'));
const { ENTITIES } = require(join(dist, 'entities'));
const { migrate } = require(join(dist, 'migrate'));
const { MIGRATIONS } = require(join(dist, 'migrations'));

async function main(databaseUrl) {
  const settings = { databaseUrl, databasePoolSize: 2 };
  const dataSource = await connect(createDataSource(dataSourceOptions(settings, ENTITIES, MIGRATIONS)));
  await migrate(dataSource);
  await dataSource.destroy();
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
