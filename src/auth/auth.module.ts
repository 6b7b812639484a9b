import { Logger, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module';
import { CONFIG, type Config } from '../common/config';
import { AccessControl } from './access-control';
import { AllowedAppsController } from './admin/allowed-apps.controller';
import { AuditEventsController } from './admin/audit-events.controller';
import { AuthRejectionsController } from './admin/auth-rejections.controller';
import { AllowedAppsService } from './allowlist/allowed-apps.service';
import { Allowlist } from './allowlist/allowlist';
import { CallerCounters } from './allowlist/caller-counters';
import { AuthMetrics } from './auth-metrics';
import { AuthTelemetry } from './auth-telemetry';
import { EntraGuard } from './entra.guard';
import { KeyRing } from './keys/key-ring';
import { AuthRejections } from './rejections/auth-rejections';
import { AuthRejectionsService } from './rejections/auth-rejections.service';

/**
 * Who may call. Importing it once puts the guard before every route of the application. Needs `CONFIG`, `Clock`,
 * `Transactions` and the data source from global modules.
 */
@Module({
  imports: [AuditModule],
  controllers: [AllowedAppsController, AuthRejectionsController, AuditEventsController],
  providers: [
    { provide: KeyRing, useFactory: createKeyRing, inject: [CONFIG, AuthMetrics] },
    { provide: APP_GUARD, useClass: EntraGuard },
    AccessControl,
    AllowedAppsService,
    Allowlist,
    AuthMetrics,
    AuthRejections,
    AuthRejectionsService,
    AuthTelemetry,
    CallerCounters,
  ],
  exports: [KeyRing, Allowlist, AuthMetrics, AuthRejections],
})
export class AuthModule implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly keyRing: KeyRing) {}

  /** Not awaited: the first calls wait for the keys, the start does not. */
  onModuleInit(): void {
    void this.keyRing.warmUp();
  }

  onApplicationShutdown(): void {
    this.keyRing.close();
  }
}

function createKeyRing(config: Config, metrics: AuthMetrics): KeyRing {
  const logger = new Logger(KeyRing.name);
  return new KeyRing({
    authority: config.authority,
    authorityCa: config.authorityCa,
    tenantId: config.tenantId,
    onRefresh: (version, error) => {
      if (error === null) metrics.keyRefreshes += 1;
      else metrics.keyRefreshFailures += 1;
      if (error !== null) logger.warn(`The ${version} signing keys can't be read: ${error.message}`);
    },
  });
}
