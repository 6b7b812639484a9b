import { readConfig } from './src/common/config';
import { createDataSource, dataSourceOptions } from './src/database/data-source-options';
import { ENTITIES } from './src/database/entities';
import { MIGRATIONS } from './src/database/migrations';

/** The database alone is wanted here; what else must be configured is not used. */
const UNUSED = { AZURE_AD_TENANT_ID: '00000000-0000-0000-0000-000000000000', AZURE_AD_AUDIENCE: 'unused' };

/**
 * For TypeORM's command line, on the database of `DATABASE_URL`: `npm run migration:show`, `migration:run`,
 * `migration:revert`, and `npm run typeorm -- <command> -d dist-orm/ormconfig.js` for all else (compiled there first).
 * The service migrates by itself when it starts, under a lock; `migration:run` takes none, so start no second one beside it.
 */
export default createDataSource(dataSourceOptions(readConfig({ ...process.env, ...UNUSED }), ENTITIES, MIGRATIONS));
