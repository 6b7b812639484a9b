import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../common/config';
import { Allowlist } from './allowlist/allowlist';
import { CallerCounters } from './allowlist/caller-counters';
import { AuthMetrics } from './auth-metrics';
import type { AccessRule } from './decorators';
import { principalOf, type Principal } from './principal';
import { refused, type Refusal } from './refusal';
import { roleFault, webhookFault, type ListedApp } from './token/access.rules';
import type { Identity } from './token/judge.rules';

/** Whether someone with a good token may use a route. */
@Injectable()
export class AccessControl {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly allowlist: Allowlist,
    private readonly counters: CallerCounters,
    private readonly metrics: AuthMetrics,
  ) {}

  /** A route without a rule is for nobody. */
  decide(identity: Identity, rule: AccessRule | undefined): Principal | Refusal {
    switch (rule?.kind) {
      case 'role':
        return roleFault(identity, rule.role) ?? principalOf(identity);
      case 'webhook':
        return this.decideWebhook(identity);
      case 'public':
        return principalOf(identity);
      case undefined:
        return refused('role_missing', 'the route has no access rule');
    }
  }

  /** Why someone with this identity may not use a route, without counting it; null also where that can't be said now. */
  faultOf(identity: Identity, rule: AccessRule | undefined): Refusal | null {
    if (rule?.kind === 'role') return roleFault(identity, rule.role);
    return rule?.kind === 'webhook' && this.allowlist.loaded ? this.webhook(identity).fault : null;
  }

  private decideWebhook(identity: Identity): Principal | Refusal {
    if (!this.allowlist.loaded) this.metrics.unavailable += 1;
    const { entry, fault } = this.webhook(identity);
    if (fault !== null || entry === undefined) return fault ?? refused('app_not_allowed', 'no entry');
    this.counters.add(entry.id, { accepted: 1 });
    return principalOf(identity, entry);
  }

  private webhook(identity: Identity): { entry: ListedApp | undefined; fault: Refusal | null } {
    const entry = this.allowlist.find(identity.appId);
    return { entry, fault: webhookFault(identity, { entry, role: this.config.webhookRole }, new Date()) };
  }
}
