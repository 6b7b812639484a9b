import { Global, Module } from '@nestjs/common';
import { Leases } from './lease';
import { Schedule } from './schedule';

/** Where all modules register their work by the clock. Needs `Clock`, `Transactions` and `Metrics` from global modules. */
@Global()
@Module({ providers: [Leases, Schedule], exports: [Schedule] })
export class ScheduleModule {}
