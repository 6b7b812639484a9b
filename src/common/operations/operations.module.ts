import { Global, Module } from '@nestjs/common';
import { Metrics } from './metrics';
import { ReadinessChecks } from './readiness';

/** Where all modules register what operators see. */
@Global()
@Module({ providers: [Metrics, ReadinessChecks], exports: [Metrics, ReadinessChecks] })
export class OperationsModule {}
