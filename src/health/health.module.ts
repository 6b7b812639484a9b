import { Module } from '@nestjs/common';
import { HealthController } from './health.controller';
import { MetricsServer } from './metrics-server';

/** What a probe and Prometheus ask. */
@Module({ controllers: [HealthController], providers: [MetricsServer] })
export class HealthModule {}
