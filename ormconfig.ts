import { readConfig } from './src/common/config';
import { createDataSource, dataSourceOptions } from './src/database/data-source-options';
import { ENTITIES } from './src/database/entities';
import { MIGRATIONS } from './src/database/migrations';

/**
 * For TypeORM's command line, after `npm run build`: `npx typeorm migration:show -d dist/ormconfig.js`. The database is the
 * one of `DATABASE_URL`.
 */
export default createDataSource(dataSourceOptions(readConfig(process.env), ENTITIES, MIGRATIONS));
