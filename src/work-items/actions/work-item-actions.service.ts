import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth';
import { CmdbService } from '../../cmdb/cmdb.service';
import type { CiRole } from '../../cmdb/binding/bound-ci';
import type { ManuallyBound } from '../../cmdb/binding/manual-bindings';
import { DomainError, invalidRequest } from '../../common/errors';
import { checkIfMatch } from '../../common/http/etag';
import { setImpact } from '../absorb.rules';
import { isOwned } from '../field-sources.rules';
import { isFinal } from '../lifecycle.rules';
import { move, type MoveInput } from '../move.rules';
import type { WorkItemState } from '../lifecycle.rules';
import { WorkItemSearchService } from '../search/work-item-search.service';
import type { WorkItemDto } from '../work-item.dto';
import type { WorkItemRecord } from '../work-item.record';
import { addSearchText } from '../work-item.store';
import { edit, type Edit } from './edit.rules';
import { personOf, type Person } from './person';
import { isFinalAlready, refusedMove } from './refusals';
import { bindingTold, editTold, moveTold } from './told.rules';
import type { BulkAssignmentDto, BulkResultDto, BulkResultsDto } from './work-item-actions.dto';
import { WorkItemChanges, type Decide, type Decision, type Outcome } from './work-item-changes';

/** Who asks for a change, and of which version. */
export interface Asked {
  principal: Principal;
  /** The `If-Match` header. */
  ifMatch?: string;
}

/** Where to, and what is said with it. */
export interface Destination extends MoveInput {
  to: WorkItemState;
}

/** What people do to work items that are there. */
@Injectable()
export class WorkItemActionsService {
  constructor(
    private readonly changes: WorkItemChanges,
    private readonly search: WorkItemSearchService,
    private readonly cmdb: CmdbService,
  ) {}

  /** Moves a work item to another state. */
  async transition(number: string, destination: Destination, { principal, ifMatch }: Asked): Promise<WorkItemDto> {
    const by = personOf(principal);
    await this.changes.one(number, by.actor, (workItem, { now }) => {
      checkIfMatch(ifMatch, workItem.version, { required: false });
      return moved(workItem, { destination, by, now });
    });
    return this.search.get(number, principal);
  }

  /** Sets fields of a work item; `If-Match` is required. */
  async edit(number: string, input: Edit, { principal, ifMatch }: Asked): Promise<WorkItemDto> {
    const by = personOf(principal);
    if (isEmpty(input)) throw nothingToChange();
    const { signature } = await this.search.find(number);
    await this.changes.one(number, by.actor, async (workItem, { tx }) => {
      checkIfMatch(ifMatch, workItem.version, { required: true });
      const decision = edited(workItem, { input, by });
      if (decision.kind === 'changed' && input.title !== undefined && signature !== null)
        await addSearchText(tx, signature, input.title);
      return decision;
    });
    return this.search.get(number, principal);
  }

  /** Binds a configuration item, or changes its role. */
  async bind(number: string, binding: { ciId: string; role: CiRole | null }, asked: Asked): Promise<WorkItemDto> {
    const { actor } = personOf(asked.principal);
    await this.changeItems(number, asked, async (workItem, { tx, now }) =>
      this.cmdb.bindManually(tx, { ...binding, workItemId: Number(workItem.id), actor, now }),
    );
    return this.search.get(number, asked.principal);
  }

  /** Takes a configuration item off. */
  async unbind(number: string, ciId: string, asked: Asked): Promise<void> {
    await this.changeItems(
      number,
      asked,
      async (workItem, { tx }) => this.cmdb.unbindManually(tx, { workItemId: Number(workItem.id), ciId }),
      { removed: true },
    );
  }

  /** Moves many work items; each is decided for itself. */
  async transitionMany(
    numbers: readonly string[],
    destination: Destination,
    principal: Principal,
  ): Promise<BulkResultsDto> {
    const by = personOf(principal);
    return resultsOf(
      await this.changes.many(numbers, by.actor, (workItem, { now }) => moved(workItem, { destination, by, now })),
    );
  }

  /** Assigns many work items; each is decided for itself. */
  async assignMany({ numbers, ...input }: BulkAssignmentDto, principal: Principal): Promise<BulkResultsDto> {
    if (isEmpty(input)) throw nothingToChange();
    const by = personOf(principal);
    return resultsOf(await this.changes.many(numbers, by.actor, (workItem) => edited(workItem, { input, by })));
  }

  private async changeItems(
    number: string,
    { principal, ifMatch }: Asked,
    change: (...context: Parameters<Decide>) => Promise<ManuallyBound>,
    { removed } = { removed: false },
  ): Promise<void> {
    const by = personOf(principal);
    await this.changes.one(number, by.actor, async (workItem, context) => {
      checkIfMatch(ifMatch, workItem.version, { required: false });
      if (isFinal(workItem.state)) return { kind: 'refused', error: isFinalAlready(workItem) };
      const { ci, impact, reached, unchanged } = await change(workItem, context);
      if (unchanged) return { kind: 'unchanged' };
      setImpact(workItem, impact);
      return {
        kind: 'changed',
        told: bindingTold(workItem, {
          ci,
          by,
          removed,
          reached: isOwned(workItem.fieldSources, 'impact') ? null : reached,
        }),
      };
    });
  }
}

function moved(
  workItem: WorkItemRecord,
  { destination, by, now }: { destination: Destination; by: Person; now: Date },
): Decision {
  const { to, ...input } = destination;
  const from = workItem.state;
  const result = move(workItem, { to, by, at: now, now, input });
  if (result.kind !== 'moved') return { kind: 'refused', error: refusedMove(workItem, result) };
  Object.assign(workItem, result.changes);
  return { kind: 'changed', told: moveTold(workItem, { from, input, by }) };
}

function edited(workItem: WorkItemRecord, { input, by }: { input: Edit; by: Person }): Decision {
  const result = edit(workItem, input, by);
  switch (result.kind) {
    case 'final':
      return { kind: 'refused', error: isFinalAlready(workItem) };
    case 'invalid':
      return { kind: 'refused', error: invalidRequest(result.errors) };
    case 'forbidden':
      return { kind: 'refused', error: needsManager() };
    case 'edited':
      if (Object.keys(result.changes).length === 0) return { kind: 'unchanged' };
      return { kind: 'changed', told: editTold(result.changes, by) };
  }
}

function isEmpty(input: object): boolean {
  return Object.values(input).every((value) => value === undefined);
}

function needsManager(): DomainError {
  return new DomainError(403, 'forbidden', 'Setting a priority by hand takes the role Manager.');
}

function nothingToChange(): DomainError {
  return invalidRequest([{ path: '', message: 'name at least one field to change' }]);
}

function resultsOf(outcomes: readonly Outcome[]): BulkResultsDto {
  const results = outcomes.map(resultOf);
  const failed = results.filter(({ error }) => error !== null).length;
  return { succeeded: results.length - failed, failed, results };
}

function resultOf({ number, workItem, error }: Outcome): BulkResultDto {
  const why = error && { status: error.status, code: error.code, detail: error.detail, ...error.members };
  return { number, state: workItem?.state ?? null, version: workItem?.version ?? null, error: why };
}
