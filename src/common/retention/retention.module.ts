import { Global, Module } from '@nestjs/common';
import { Retention } from './retention';

/** Where modules say how their data is removed. Needs `CONFIG`, `Clock`, `Metrics` and `Schedule` from global modules. */
@Global()
@Module({ providers: [Retention], exports: [Retention] })
export class RetentionModule {}
