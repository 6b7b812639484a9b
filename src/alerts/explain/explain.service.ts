import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Allowlist } from '../../auth/allowlist/allowlist';
import type { SaidImpact } from '../../cmdb/binding/bound-ci';
import { CmdbService } from '../../cmdb/cmdb.service';
import { CONFIG, type Config } from '../../common/config';
import { numberOf } from '../../work-items/number.rules';
import { explainRoute, type ExplainedRoute } from '../../work-items/routing/route.rules';
import { RoutingRules } from '../../work-items/routing/routing-rules-cache';
import { WorkItemSearchService } from '../../work-items/search/work-item-search.service';
import type { WorkItemEntity } from '../../work-items/work-item.entity';
import type { DeliveryEntity } from '../delivery.entity';
import { factsOf } from '../ingest/routing-facts';
import { readStored } from '../routing-preview/readable-delivery';
import { partsOfAlert } from '../routing-preview/routing-preview.rules';
import { confined, ownKeysOf, type AlertKeys } from '../rules/confine.rules';
import type { NormalizedDelivery } from '../rules/normalized-delivery';
import type { Dossier, OpeningDelivery, OpeningReading, Reader, TimelineFact } from './dossier';
import type { ExplanationDto } from './explain.dto';
import { explanationOf } from './explanation.rules';
import { countDeliveries, loadAlerts, loadDelivery, loadPrevious, loadTimeline } from './explain-store';
import { signaturePartsOf } from './signature-parts.rules';
import { openedOf } from './timeline-facts.rules';

/** Tells why a work item is what it is, with a number of statements that does not grow with it. */
@Injectable()
export class ExplainService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    private readonly allowlist: Allowlist,
    private readonly workItems: WorkItemSearchService,
    private readonly cmdb: CmdbService,
    private readonly rules: RoutingRules,
  ) {}

  async explain(number: string, reader: Reader): Promise<ExplanationDto> {
    const workItem = await this.workItems.find(number);
    return { workItem: numberOf(workItem), steps: explanationOf(await this.dossierOf(workItem), reader) };
  }

  private async dossierOf(workItem: WorkItemEntity): Promise<Dossier> {
    const { manager } = this.dataSource;
    const { id, previousWorkItemId, openedByDeliveryId } = workItem;
    const timeline = await loadTimeline(manager, id);
    const delivery = await loadDelivery(manager, openedByDeliveryId);
    const kept = await this.cmdb.keptFor(id);
    const [said] = await this.cmdb.impactsOf([kept.bindings.filter(({ isRemoved }) => !isRemoved)]);
    return {
      workItem,
      timeline,
      previous: await loadPrevious(manager, previousWorkItemId),
      delivery: delivery && (await this.openingOf(delivery, timeline)),
      deliveries: await countDeliveries(manager, id),
      ...(await loadAlerts(manager, id)),
      configurationItems: (await this.cmdb.bindingsOf([id])).get(id) ?? [],
      kept,
      said: said as SaidImpact,
    };
  }

  private async openingOf(row: DeliveryEntity, timeline: readonly TimelineFact[]): Promise<OpeningDelivery> {
    const { id, receivedAt, callerAppId, requestId } = row;
    return { id, receivedAt, callerAppId, requestId, reading: await this.readingOf(row, timeline) };
  }

  private async readingOf(
    { body, receivedAt, callerAppId }: DeliveryEntity,
    timeline: readonly TimelineFact[],
  ): Promise<OpeningReading | null> {
    const read = readStored(body, { config: this.config, receivedAt });
    if (read.kind !== 'alert') return null;
    const { alert, classified } = read;
    return {
      family: classified.family,
      keys: keysOf(alert),
      signatureParts: signaturePartsOf(classified),
      today: await this.routeToday(alert, { callerAppId, opened: openedOf({ timeline }) }),
    };
  }

  /**
   * Of an alert that was cut up, its part is what was routed, if it is still bound to the same item. The keys of the parts
   * tell which; those of an alert that was kept to its caller are made of other keys. What its caller may not name by now
   * is not looked up.
   */
  private async routeToday(
    alert: NormalizedDelivery,
    { callerAppId, opened }: { callerAppId: string | null; opened: TimelineFact | null },
  ): Promise<ExplainedRoute> {
    const { ciReferences: references } = confined(alert, this.allowlist.callerOf(callerAppId));
    const { bindings } = await this.cmdb.previewAlerts([{ key: alert.deliveryKey, references }]);
    const whole = { alert, binding: bindings.get(alert.deliveryKey) ?? { bindings: [], tasks: [] } };
    const kept = callerAppId === null ? [] : [{ ...alert, ...ownKeysOf(alert, callerAppId) }];
    const parts = [alert, ...kept].flatMap((each) => partsOfAlert(each, whole.binding) ?? []);
    const part = parts.find((each) => each.alert.episodeKey === opened?.detail.episodeKey);
    const routed = part ?? whole;
    return explainRoute(this.rules.current(), factsOf(routed.alert, routed.binding));
  }
}

function keysOf({ deliveryKey, episodeKey, signature }: NormalizedDelivery): AlertKeys {
  return { deliveryKey, episodeKey, signature };
}
