import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AlertBinding } from '../../cmdb/binding/bound-ci';
import { CmdbService } from '../../cmdb/cmdb.service';
import { routeOf, type Route } from '../../work-items/routing/route.rules';
import type { RoutingRule } from '../../work-items/routing/routing-rule';
import { RoutingRules } from '../../work-items/routing/routing-rules-cache';
import type { NormalizedDelivery } from '../rules/normalized-delivery';
import type { Episode } from './episode';
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
    const bindings = await this.cmdb.bindAlerts(tx, referencesOf(fresh));
    return this.routeBound(tx, { accepted, bindings }, state);
  }

  /** What each would be bound to, by the id of its delivery; nothing is written. */
  async previewBindings(accepted: readonly AcceptedDelivery[]): Promise<ReadonlyMap<string, AlertBinding>> {
    return (await this.cmdb.previewAlerts(referencesOf(accepted))).bindings;
  }

  /** The same for deliveries of which is known what they are bound to. */
  async routeBound(
    tx: EntityManager,
    { accepted, bindings }: { accepted: readonly AcceptedDelivery[]; bindings: ReadonlyMap<string, AlertBinding> },
    state: IngestState,
  ): Promise<Routed> {
    const routing = new Routing(state, this.rules.current());
    // An end in the same batch has to find the parts that its alert is cut into.
    for (const delivery of firedFirst(accepted)) routing.add(delivery, bindings.get(delivery.id) ?? NO_BINDING);
    if (routing.newParts.length > 0) await loadMore(tx, state, routing.newParts);
    return routing;
  }
}

/** What the Fired among deliveries name. */
function referencesOf(
  accepted: readonly AcceptedDelivery[],
): { key: string; references: NormalizedDelivery['ciReferences'] }[] {
  const fired = accepted.filter(({ alert }) => alert.condition === 'fired');
  return fired.map(({ id, alert }) => ({ key: id, references: alert.ciReferences }));
}

function firedFirst(accepted: readonly AcceptedDelivery[]): AcceptedDelivery[] {
  const isFired = ({ alert }: AcceptedDelivery): boolean => alert.condition === 'fired';
  return [...accepted.filter(isFired), ...accepted.filter((delivery) => !isFired(delivery))];
}

/** What finds a part, and the alert that it is of. */
type PartKeys = Pick<Episode, 'episodeKey' | 'signature'> & { partOf?: string | null };

class Routing implements Routed {
  readonly deliveries: AcceptedDelivery[] = [];
  readonly bindings = new Map<string, AlertBinding>();
  /** Parts that the state may not know yet. */
  readonly newParts: AcceptedDelivery[] = [];
  /** Episode keys of the alerts that fire as a whole in this batch. */
  private readonly wholes = new Set<string>();
  /** Parts by the episode key of their alert: those that are stored, and those that this batch makes. */
  private readonly partsByAlert = new Map<string, PartKeys[]>();

  constructor(
    private readonly state: IngestState,
    private readonly rules: readonly RoutingRule[],
  ) {
    for (const episode of state.episodes.values()) this.note(episode);
  }

  add(delivery: AcceptedDelivery, binding: AlertBinding): void {
    if (this.state.deliveries.has(delivery.alert.deliveryKey)) this.deliveries.push(delivery);
    else if (delivery.alert.condition === 'fired') this.addFired(delivery, binding);
    else this.addOther(delivery);
  }

  private addFired(delivery: AcceptedDelivery, binding: AlertBinding): void {
    const route = this.routeOf(delivery.alert, binding);
    const parts = this.isWhole(delivery) ? null : this.partsFor({ delivery, binding }, route);
    if (parts !== null) return this.cut(delivery, parts);
    this.wholes.add(delivery.alert.episodeKey);
    this.take({ delivery, binding }, route);
  }

  /** An alert that was cut up stays so, whatever the rules say by now: one item will do, and one that names none is about all. */
  private partsFor({ delivery, binding }: Part, route: Route): Part[] | null {
    const known = this.knownPartsFor(delivery);
    if (known.length === 0) return route.perConfigurationItem ? partsOf(delivery, binding) : null;
    return partsOf(delivery, binding, { atLeast: 1 }) ?? known.map((part) => ({ delivery: part, binding: NO_BINDING }));
  }

  private cut(delivery: AcceptedDelivery, parts: readonly Part[]): void {
    const { episodeKey } = delivery.alert;
    const { episodes } = this.state;
    const keys = [episodeKey, ...this.knownPartsFor(delivery).map(({ alert }) => alert.episodeKey)];
    const told = keys.flatMap((key) => episodes.get(key) ?? []);
    for (const part of parts) {
      this.take(part, this.routeOf(part.delivery.alert, part.binding));
      const end = episodes.has(part.delivery.alert.episodeKey) ? null : earlyEndOf(part.delivery, told);
      if (end !== null) this.deliveries.push(end);
      this.newParts.push(part.delivery);
      this.note(part.delivery.alert);
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
    const parts = this.isWhole(delivery) ? [] : this.knownPartsFor(delivery);
    this.deliveries.push(...(parts.length > 0 ? parts : [delivery]));
  }

  private isWhole(delivery: AcceptedDelivery): boolean {
    return this.wholes.has(delivery.alert.episodeKey) || isWhole(delivery, this.state);
  }

  /** The delivery for each part that its alert was cut into before. */
  private knownPartsFor(delivery: AcceptedDelivery): AcceptedDelivery[] {
    return sameFor(delivery, this.partsByAlert.get(delivery.alert.episodeKey) ?? []);
  }

  private note(part: PartKeys): void {
    if (!part.partOf) return;
    const others = this.partsByAlert.get(part.partOf);
    if (others === undefined) this.partsByAlert.set(part.partOf, [part]);
    else others.push(part);
  }

  private routeOf(alert: NormalizedDelivery, binding: AlertBinding): Route {
    return routeOf(this.rules, factsOf(alert, binding));
  }
}
