import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Metrics } from '../common/operations/metrics';
import { ReadinessChecks } from '../common/operations/readiness';
import { Allowlist } from './allowlist/allowlist';
import { AuthMetrics } from './auth-metrics';
import { KeyRing } from './keys/key-ring';

/** Shows operators who was let in, who was refused and why, and whether tokens can be judged at all. */
@Injectable()
export class AuthTelemetry implements OnModuleInit {
  constructor(
    private readonly counts: AuthMetrics,
    private readonly keyRing: KeyRing,
    private readonly allowlist: Allowlist,
    private readonly metrics: Metrics,
    private readonly checks: ReadinessChecks,
  ) {}

  onModuleInit(): void {
    this.checks.register('keys', 'no signing keys of Microsoft Entra are at hand', () => {
      if (!this.keyRing.status().usable) throw new Error('no signing keys of Microsoft Entra are at hand');
    });
    const noAllowlist = 'the allowlist of callers has not been read yet, or too long ago';
    this.checks.register('allowlist', noAllowlist, () => {
      if (!this.allowlist.loaded) throw new Error(noAllowlist);
    });
    const counter = { kind: 'counter' } as const;
    this.metrics.expose({
      ...counter,
      name: 'secure_export_auth_accepted_total',
      help: 'Calls let in.',
      read: () => this.counts.accepted,
    });
    this.metrics.expose({
      ...counter,
      name: 'secure_export_auth_rejected_total',
      help: 'Calls refused, by reason.',
      label: 'reason',
      read: () => Object.entries(this.counts.rejected),
    });
    this.metrics.expose({
      ...counter,
      name: 'secure_export_auth_limited_total',
      help: 'Refused calls answered 429, as their address was refused too often.',
      read: () => this.counts.limited,
    });
    this.metrics.expose({
      ...counter,
      name: 'secure_export_auth_unavailable_total',
      help: 'Calls answered 503, as keys or allowlist were not at hand or too many suspect calls waited.',
      read: () => this.counts.unavailable,
    });
    this.metrics.expose({
      ...counter,
      name: 'secure_export_auth_key_refreshes_total',
      help: 'Refreshes of the signing keys, by result.',
      label: 'result',
      read: () => [
        ['success', this.counts.keyRefreshes],
        ['failure', this.counts.keyRefreshFailures],
      ],
    });
    this.metrics.expose({
      ...counter,
      name: 'secure_export_auth_rejections_dropped_total',
      help: 'Refused calls that were too many to write down.',
      read: () => this.counts.rejectionsDropped,
    });
  }
}
