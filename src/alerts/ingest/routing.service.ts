import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AlertBinding } from '../../cmdb/bound-ci';
import { CmdbService } from '../../cmdb/cmdb.service';
import { routeOf, type Route } from '../../work-items/routing/route.rules';
import type { RoutingRule } from '../../work-items/routing/routing-rule';
import { RoutingRules } from '../../work-items/routing/routing-rules-cache';
import type { NormalizedDelivery } from '../rules/normalized-delivery';
import type { AcceptedDelivery, IngestState } from './ingest-state';
import { loadMore } from './load-state';
import { factsOf } from './routing-facts';
import { earlyEndOf, isWhole, partsOf, sameFor, type Part } from './parts';

/** Deliveries as they are folded, with what each Fired is bound to, by delivery key. */
export interface Routed {
  deliveries: AcceptedDelivery[];
  bindings: ReadonlyMap<string, AlertBinding>;
}

const NO_BINDING: AlertBinding = { bindings: [], tasks: [] };

/** Finds out what each Fired of a batch is about, and what the routing rules make of it. */
@Injectable()
export class RoutingService {
  constructor(
    private readonly cmdb: CmdbService,
    private readonly rules: RoutingRules,
  ) {}

  /** Puts the routes into `state`; cuts up the alerts that are to have a work item for each configuration item. */
  async route(tx: EntityManager, accepted: readonly AcceptedDelivery[], state: IngestState): Promise<Routed> {
    const fresh = accepted.filter(({ alert }) => !state.deliveries.has(alert.deliveryKey));
    const fired = fresh.filter(({ alert }) => alert.condition === 'fired');
    const bound = await this.bind(tx, fired);
    const routing = new Routing(state, this.rules.current());
    // An end in the same batch has to find the parts that its alert is cut into.
    for (const delivery of firedFirst(accepted)) routing.add(delivery, bound.get(delivery.id) ?? NO_BINDING);
    if (routing.newParts.length > 0) await loadMore(tx, state, routing.newParts);
    return routing;
  }

  private bind(tx: EntityManager, fired: readonly AcceptedDelivery[]): Promise<Map<string, AlertBinding>> {
    return this.cmdb.bindAlerts(
      tx,
      fired.map(({ id, alert }) => ({ key: id, references: alert.ciReferences })),
    );
  }
}

function firedFirst(accepted: readonly AcceptedDelivery[]): AcceptedDelivery[] {
  const isFired = ({ alert }: AcceptedDelivery): boolean => alert.condition === 'fired';
  return [...accepted.filter(isFired), ...accepted.filter((delivery) => !isFired(delivery))];
}

class Routing implements Routed {
  readonly deliveries: AcceptedDelivery[] = [];
  readonly bindings = new Map<string, AlertBinding>();
  /** Parts that the state may not know yet. */
  readonly newParts: AcceptedDelivery[] = [];

  constructor(
    private readonly state: IngestState,
    private readonly rules: readonly RoutingRule[],
  ) {}

  add(delivery: AcceptedDelivery, binding: AlertBinding): void {
    if (this.state.deliveries.has(delivery.alert.deliveryKey)) this.deliveries.push(delivery);
    else if (delivery.alert.condition === 'fired') this.addFired(delivery, binding);
    else this.addOther(delivery);
  }

  private addFired(delivery: AcceptedDelivery, binding: AlertBinding): void {
    const route = this.routeOf(delivery.alert, binding);
    const isCut = route.perConfigurationItem && !isWhole(delivery, this.state);
    const parts = isCut ? partsOf(delivery, binding) : null;
    if (parts === null) this.take({ delivery, binding }, route);
    else this.cut(delivery, parts);
  }

  private cut(delivery: AcceptedDelivery, parts: readonly Part[]): void {
    const whole = this.state.episodes.get(delivery.alert.episodeKey);
    for (const part of parts) {
      this.take(part, this.routeOf(part.delivery.alert, part.binding));
      const end = earlyEndOf(part.delivery, whole);
      if (end !== null) this.deliveries.push(end);
      this.newParts.push(part.delivery);
    }
  }

  private take({ delivery, binding }: Part, route: Route): void {
    const { deliveryKey } = delivery.alert;
    this.state.routes.set(deliveryKey, route);
    this.bindings.set(deliveryKey, binding);
    this.deliveries.push(delivery);
  }

  /** What is told of an alert that was cut up is told of each part. */
  private addOther(delivery: AcceptedDelivery): void {
    const parts = isWhole(delivery, this.state) ? [] : this.partsFor(delivery);
    this.deliveries.push(...(parts.length > 0 ? parts : [delivery]));
  }

  /** Those that are stored, and those that this batch makes. */
  private partsFor(delivery: AcceptedDelivery): AcceptedDelivery[] {
    const { episodeKey } = delivery.alert;
    const stored = [...this.state.episodes.values()].filter(({ partOf }) => partOf === episodeKey);
    const fresh = this.newParts.map(({ alert }) => alert).filter(({ partOf }) => partOf === episodeKey);
    return sameFor(delivery, [...stored, ...fresh]);
  }

  private routeOf(alert: NormalizedDelivery, binding: AlertBinding): Route {
    return routeOf(this.rules, factsOf(alert, binding));
  }
}
