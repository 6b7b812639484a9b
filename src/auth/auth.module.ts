import { Logger, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module';
import { CONFIG, type Config } from '../common/config';
import { oldestFirst } from '../common/retention/oldest-first';
import { Retention } from '../common/retention/retention';
import { Transactions } from '../common/transactions';
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
import { RefusedCallsLimit } from './limit/refused-calls-limit';
import { Suspects } from './limit/suspects';
import { AuthRejections } from './rejections/auth-rejections';
import { AuthRejectionsService } from './rejections/auth-rejections.service';
import { RouteRules } from './route-rules';
import { ClaimsCheck } from './token/claims-check';
import { TokenCheck } from './token-check';
import { UnaskedKeys } from './unasked-keys';

/** The task that removes refused calls whose time is over; those that are too many go sooner, see `trimRejections`. */
export const AUTH_RETENTION = 'auth-retention';

/**
 * Who may call. Importing it once puts the guard before every route of the application. Needs `CONFIG`, `Clock`,
 * `Transactions`, `Retention` and the data source from global modules.
 */
@Module({
  imports: [AuditModule, DiscoveryModule],
  controllers: [AllowedAppsController, AuthRejectionsController, AuditEventsController],
  providers: [
    { provide: KeyRing, useFactory: createKeyRing, inject: [CONFIG, AuthMetrics] },
    { provide: APP_GUARD, useExisting: EntraGuard },
    AccessControl,
    AllowedAppsService,
    Allowlist,
    AuthMetrics,
    AuthRejections,
    AuthRejectionsService,
    AuthTelemetry,
    CallerCounters,
    ClaimsCheck,
    EntraGuard,
    RefusedCallsLimit,
    RouteRules,
    Suspects,
    TokenCheck,
    UnaskedKeys,
  ],
  exports: [KeyRing, Allowlist, AuthMetrics, AuthRejections, TokenCheck],
})
export class AuthModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly keyRing: KeyRing,
    private readonly retention: Retention,
    private readonly transactions: Transactions,
  ) {}

  /** The keys are not awaited: the first calls wait for them, the start does not. */
  onModuleInit(): void {
    void this.keyRing.warmUp();
    const rejections = { dataClass: 'auth-rejections', table: 'auth_rejections', timeColumn: 'occurredAt' } as const;
    this.retention.register(AUTH_RETENTION, [oldestFirst(this.transactions, rejections)]);
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
