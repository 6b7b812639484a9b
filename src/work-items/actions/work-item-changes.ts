import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../../common/clock';
import { DomainError, notFound } from '../../common/errors';
import { Transactions } from '../../common/transactions';
import { parseNumber } from '../number.rules';
import type { TimelineDraft, WorkItemRecord } from '../work-item.record';
import { insertTimeline, lockWorkItems, successorsOf, updateWorkItems } from '../work-item.store';
import type { Told } from './told.rules';

/** What a change comes to: it is told of (`noted`: and leaves the row and its version alone), it changes nothing, or it is refused. */
export type Decision =
  { kind: 'changed' | 'noted'; told: Told } | { kind: 'unchanged' } | { kind: 'refused'; error: DomainError };

/** What became of one work item; `workItem` is null where there is none of that number. */
export interface Outcome {
  number: string;
  workItem: WorkItemRecord | null;
  error: DomainError | null;
}

/** Changes the record in place, and says what that was. */
export type Decide = (
  workItem: WorkItemRecord,
  context: { tx: EntityManager; now: Date },
) => Decision | Promise<Decision>;

/** How people change work items: locked, decided one by one, written together with their timeline in one transaction. */
@Injectable()
export class WorkItemChanges {
  constructor(
    private readonly transactions: Transactions,
    private readonly clock: Clock,
  ) {}

  /** One work item; what is refused is thrown, and nothing is written then. */
  async one(number: string, actor: string, decide: Decide): Promise<void> {
    await this.transactions.run(async (tx) => {
      const [outcome] = await this.change(tx, [number], { actor, decide });
      if (outcome?.error) throw outcome.error;
    });
  }

  /** Many at once, in the order given; what is refused of one does not keep the others. */
  many(numbers: readonly string[], actor: string, decide: Decide): Promise<Outcome[]> {
    return this.transactions.run((tx) => this.change(tx, numbers, { actor, decide }));
  }

  private async change(
    tx: EntityManager,
    numbers: readonly string[],
    { actor, decide }: { actor: string; decide: Decide },
  ): Promise<Outcome[]> {
    const now = this.clock.now();
    const workItems = await lockNumbers(tx, numbers);
    const outcomes = new Map<string, Outcome>();
    const changed: WorkItemRecord[] = [];
    const timeline: TimelineDraft[] = [];
    for (const number of new Set(numbers.map(keyOf))) {
      const workItem = workItems.get(number);
      if (workItem === undefined) {
        outcomes.set(number, { number, workItem: null, error: notFound(`work item ${number.slice(0, 40)}`) });
        continue;
      }
      const decision = await decide(workItem, { tx, now });
      outcomes.set(number, { number, workItem, error: decision.kind === 'refused' ? decision.error : null });
      if (decision.kind === 'refused' || decision.kind === 'unchanged') continue;
      if (decision.kind === 'changed') changed.push(workItem);
      timeline.push({ workItem, at: now, actor, deliveryId: null, ...decision.told });
    }
    await updateWorkItems(tx, changed, now);
    for (const workItem of changed) workItem.version += 1;
    await insertTimeline(tx, timeline, now);
    return numbers.map((number) => ({ ...(outcomes.get(keyOf(number)) as Outcome), number }));
  }
}

function keyOf(number: string): string {
  return number.toUpperCase();
}

/** The work items of some numbers, under their locks; a number with the wrong prefix is nobody's. */
async function lockNumbers(tx: EntityManager, numbers: readonly string[]): Promise<Map<string, WorkItemRecord>> {
  const parsed = new Map([...new Set(numbers.map(keyOf))].map((number) => [number, parseNumber(number)]));
  const ids = [...parsed.values()].flatMap((each) => each?.id ?? []).sort((one, other) => one - other);
  const records = await lockWorkItems(tx, [...new Set(ids)]);
  // Under the locks: an alert that opens the next work item of a signature locks the one before it first.
  for (const [id, number] of await successorsOf(tx, [...records.values()])) {
    const record = records.get(id);
    if (record !== undefined) record.supersededBy = number;
  }
  return new Map(
    [...parsed].flatMap(([number, each]) => {
      const record = each === null ? undefined : records.get(each.id);
      return record !== undefined && record.type === each?.type ? [[number, record] as const] : [];
    }),
  );
}
