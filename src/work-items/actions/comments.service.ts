import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth';
import { Clock } from '../../common/clock';
import { Transactions } from '../../common/transactions';
import { WorkItemSearchService } from '../search/work-item-search.service';
import { TimelineEntryEntity } from '../timeline-entry.entity';
import { toTimelineEntryDto, type TimelineEntryDto } from '../work-item.dto';
import { lockWorkItems } from '../work-item.store';
import { personOf } from './person';
import type { NewCommentDto } from './work-item-actions.dto';

/** Writes what people say into timelines, of closed work items too. It is no change of the work item: its version stays. */
@Injectable()
export class CommentsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly clock: Clock,
    private readonly search: WorkItemSearchService,
  ) {}

  async add(number: string, { text, kind }: NewCommentDto, principal: Principal): Promise<TimelineEntryDto> {
    const { id: workItemId } = await this.search.find(number);
    const by = personOf(principal);
    const now = this.clock.now();
    const summary = text.trim().replace(/\s+/g, ' ').slice(0, 500);
    const entry = { workItemId, kind, at: now, recordedAt: now, actor: by.actor, summary: summary.toWellFormed() };
    const row = { ...entry, deliveryId: null, detail: { by: by.name, text } };
    const id = await this.transactions.run(async (tx) => {
      // In line with all that writes into this timeline: who pages through it must not miss an entry with a lower id.
      await lockWorkItems(tx, [workItemId]);
      const { identifiers } = await tx.insert(TimelineEntryEntity, row);
      return Number(identifiers[0]?.id);
    });
    return toTimelineEntryDto({ id, ...row });
  }
}
