import { Module } from '@nestjs/common';
import { CmdbService } from './cmdb.service';

/** The configuration items, and what binds work items to them. */
@Module({ providers: [CmdbService], exports: [CmdbService] })
export class CmdbModule {}
