import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth';
import { CmdbService } from '../../cmdb/cmdb.service';
import { Clock } from '../../common/clock';
import { Transactions } from '../../common/transactions';
import { DEFAULT_IMPACT, setImpact } from '../absorb.rules';
import { isOwned, withSource } from '../field-sources.rules';
import { openingWithImpact } from '../impact-timeline';
import { numberOf } from '../number.rules';
import { priorityOf } from '../priority.rules';
import { WorkItemSearchService } from '../search/work-item-search.service';
import type { WorkItemDto } from '../work-item.dto';
import type { WorkItemRecord } from '../work-item.record';
import { idOf, insertTimeline, insertWorkItems, updateWorkItems } from '../work-item.store';
import { personOf } from './person';
import type { NewWorkItemDto } from './work-item-actions.dto';

const DEFAULT_URGENCY = 3;

/** Opens work items by hand. */
@Injectable()
export class WorkItemOpeningService {
  constructor(
    private readonly transactions: Transactions,
    private readonly clock: Clock,
    private readonly cmdb: CmdbService,
    private readonly search: WorkItemSearchService,
  ) {}

  /** The items that it is about are bound with it, and tell its impact unless that is given. */
  async open(dto: NewWorkItemDto, principal: Principal): Promise<WorkItemDto> {
    const by = personOf(principal);
    const number = await this.transactions.run(async (tx) => {
      const now = this.clock.now();
      const workItem = openedByHand(dto, now);
      await insertWorkItems(tx, [workItem], now);
      const workItemId = idOf(workItem);
      const ciIds = dto.configurationItemIds ?? [];
      const { cis, impact, reached } = await this.cmdb.bindAllManually(tx, {
        ...{ workItemId, ciIds, actor: by.actor, now },
        path: 'configurationItemIds',
      });
      const before = workItem.impact;
      if (cis.length > 0) setImpact(workItem, impact);
      if (workItem.impact !== before) await updateWorkItems(tx, [{ ...workItem, version: 0 }], now);
      const told = cis.length === 0 ? '' : ` for ${cis.map(({ name }) => name).join(', ')}`;
      const entry = { workItem, kind: 'opened', at: now, actor: by.actor, deliveryId: null } as const;
      const detail = {
        by: by.name,
        priorityReason: workItem.priorityReason,
        configurationItemIds: cis.map(({ id }) => id),
      };
      const opened = { ...entry, summary: `Opened by ${by.name}${told}`, detail };
      const isTaken = reached !== null && !isOwned(workItem.fieldSources, 'impact');
      await insertTimeline(tx, [isTaken ? openingWithImpact(opened, workItem, reached) : opened], now);
      return numberOf({ type: workItem.type, id: workItemId });
    });
    return this.search.get(number, principal);
  }
}

function openedByHand(dto: NewWorkItemDto, now: Date): WorkItemRecord {
  const { impact = DEFAULT_IMPACT, urgency = DEFAULT_URGENCY } = dto;
  const { priority, reason } = priorityOf(impact, urgency);
  return {
    id: null,
    type: dto.type,
    state: 'new',
    holdReason: null,
    title: dto.title,
    description: dto.description ?? null,
    ...{ impact, urgency, priority, priorityReason: reason },
    category: dto.category ?? null,
    assignmentGroup: dto.assignmentGroup ?? null,
    assignee: dto.assignee ?? null,
    source: 'manual',
    openedAt: now,
    acknowledgedAt: null,
    resolvedAt: null,
    resolvedBy: null,
    closedAt: null,
    resolutionCode: null,
    resolutionNotes: null,
    reopenCount: 0,
    alertCount: 0,
    firingCount: 0,
    lastResolvedAt: null,
    previous: null,
    signature: null,
    monitoringService: null,
    alertRule: null,
    subscriptionId: null,
    leadKey: null,
    openedByDeliveryId: null,
    fieldSources: dto.impact === undefined ? null : withSource(null, ['impact'], 'person'),
    reopenWindowMinutes: 0,
    // Nothing but a person tells when it is over.
    autoResolve: false,
    knownFacets: null,
    stateChangedAt: now,
    reopenUntil: null,
    flappingUntil: null,
    recentChanges: null,
    version: 0,
  };
}
