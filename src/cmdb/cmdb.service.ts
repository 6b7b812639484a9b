import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../common/clock';
import { newId } from '../common/ids';
import { lookupsOf, readReferences } from './binding/alert-references.rules';
import { type AttachPlan, NOTHING_BOUND, planAttach, type WorkItemBindings } from './binding/attach.rules';
import { bindReferences, type BindingDecision, type DecidedBinding } from './binding/binding.rules';
import { loadBindings, savePlans } from './binding/binding-store';
import type {
  AlertBinding,
  AttachedCis,
  BindingLink,
  BindingPreview,
  BindingRequest,
  SaidImpact,
  WorkItemConfigurationItem,
} from './binding/bound-ci';
import { loadCandidates } from './binding/candidate-store';
import type { CiCandidate } from './binding/find-ci.rules';
import { boundCi, type BoundItem } from './binding/decided-binding.rules';
import { endMerges, followedMerges } from './triage/followed-merges';
import { putOffChecks, recheck, workItemsToCheck } from './triage/recheck';
import { groupBy } from '../common/group-by';
import {
  bindAllManually,
  bindManually,
  unbindManually,
  type ManualBinding,
  type ManuallyBound,
} from './binding/manual-bindings';
import { loadWorkItemBindings } from './binding/work-item-bindings';
import type { ItemRecord } from './items/configuration-item.entity';
import { existingItemId } from './items/existing-item';
import { newStub } from './items/item-changes.rules';
import { insertStubs } from './items/item-store';
import { noteSeen } from './items/seen-store';
import { isLongUnseen } from './items/stale.rules';
import { saidImpacts } from './relations/impact-store';
import type { ImpactSource } from './relations/said-impact.rules';

/** The CMDB as the rest of the service sees it: which items do alerts name, and which items does a work item have? */
@Injectable()
export class CmdbService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /**
   * Finds the items of many alerts with one SELECT, and makes stubs for the ARM ids that the CMDB lacks with one INSERT; alerts
   * that need the same stub share it. When another instance makes the same stub meanwhile, the INSERT fails on a duplicate
   * key, and the caller runs its whole transaction again (`Transactions` does). Once a day an item is noted to have been seen.
   */
  async bindAlerts(tx: EntityManager, requests: readonly BindingRequest[]): Promise<Map<string, AlertBinding>> {
    const now = this.clock.now();
    const { bindings, stubs, found } = await decideBindings(tx, { requests, now });
    const unseen = found.filter(({ lastSeenAt }) => isLongUnseen(lastSeenAt, now));
    await noteSeen(
      tx,
      unseen.map(({ id }) => id),
      now,
    );
    const related = await insertStubs(tx, stubs);
    return related.size === 0 ? bindings : withDependents(bindings, related);
  }

  /** What {@link bindAlerts} would answer, and the ids of the stubs that it would make; writes nothing. */
  async previewAlerts(requests: readonly BindingRequest[]): Promise<BindingPreview> {
    const now = this.clock.now();
    const { bindings, stubs } = await decideBindings(this.dataSource.manager, { requests, now });
    return { bindings, newCiIds: new Set(stubs.map(({ id }) => id)) };
  }

  /**
   * Puts alerts' items and open questions on their work items. The end state is the same for every order of alerts, and what a
   * person bound or took off stays so. The caller holds the work items' locks. All alerts of a new work item come in one call;
   * of its impact only its own items' criticality is told, for {@link impactsOf} has told the rest before it was made.
   */
  async attach(tx: EntityManager, links: readonly BindingLink[]): Promise<Map<number, AttachedCis>> {
    const workItems = groupBy(links, (link) => link.workItemId);
    const known = [...workItems].filter(([, group]) => !group.some((link) => link.isNewWorkItem)).map(([id]) => id);
    const stored = await loadBindings(tx, known);
    const planned = [...workItems].map(([workItemId, group]) => ({
      workItemId,
      workItemNumber: group[0]?.workItemNumber ?? '',
      plan: planAttach(
        stored.get(workItemId) ?? NOTHING_BOUND,
        group.map((link) => link.binding),
      ),
    }));
    await savePlans(tx, planned, this.clock.now());
    const asked = new Set(known);
    const said = await saidImpacts(
      tx,
      planned.map(({ workItemId, plan }) => (asked.has(workItemId) ? plan.present : plan.present.map(byItself))),
    );
    return new Map(planned.map(({ workItemId, plan }, index) => [workItemId, attachedOf(plan, said[index])]));
  }

  /** What each set of items says about the impact of what befalls them: by themselves, or by an item that they bring down. */
  impactsOf(
    sets: readonly (readonly ImpactSource[])[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<SaidImpact[]> {
    return saidImpacts(manager, sets);
  }

  /** Binds an item to a work item because a person says so; see {@link bindManually}. */
  bindManually(tx: EntityManager, binding: ManualBinding): Promise<ManuallyBound> {
    return bindManually(tx, binding);
  }

  /** Takes an item off a work item because a person says so; see {@link unbindManually}. */
  unbindManually(tx: EntityManager, binding: Pick<ManualBinding, 'workItemId' | 'ciId'>): Promise<ManuallyBound> {
    return unbindManually(tx, binding);
  }

  /** Binds the items that a person opens a work item with; see {@link bindAllManually}. */
  bindAllManually(
    tx: EntityManager,
    binding: Parameters<typeof bindAllManually>[1],
  ): ReturnType<typeof bindAllManually> {
    return bindAllManually(tx, binding);
  }

  /** Work items to be bound once more, see {@link workItemsToCheck}. */
  workItemsToCheck(limit: number): Promise<number[]> {
    return workItemsToCheck(this.dataSource.manager, this.clock.now(), limit);
  }

  /** Binds work items to what has come into the CMDB since; see {@link recheck}. */
  async recheck(
    tx: EntityManager,
    workItems: readonly { id: number; number: string }[],
  ): Promise<Map<number, AttachedCis>> {
    const rechecked = await recheck(tx, workItems, this.clock.now());
    const said = await saidImpacts(
      tx,
      [...rechecked.values()].map(({ plan }) => plan.present),
    );
    return new Map(
      [...rechecked].map(([id, { plan, merges }], index) => [id, { ...attachedOf(plan, said[index]), merges }]),
    );
  }

  /** Merged stubs that all work items have followed; see {@link followedMerges}. */
  followedMerges(): Promise<string[]> {
    return followedMerges(this.dataSource.manager, this.clock.now());
  }

  /** Looks for them no longer; see {@link endMerges}. */
  endMerges(tx: EntityManager, ids: readonly string[]): Promise<void> {
    return endMerges(tx, ids);
  }

  /** Looks at the open questions of a work item no earlier than `until`, unless something comes for them. */
  async putOffChecks(tx: EntityManager, workItemId: number, until: Date): Promise<void> {
    await putOffChecks(tx, workItemId, until);
  }

  /** The id of an item as it is kept; 404 where there is no such item. */
  itemIdOf(id: string): Promise<string> {
    return existingItemId(this.dataSource.manager, id);
  }

  /** The items of each work item, the primary one first. Work items without any are absent. */
  bindingsOf(
    workItemIds: readonly number[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Map<number, WorkItemConfigurationItem[]>> {
    return loadWorkItemBindings(manager, workItemIds);
  }

  /** All that binding keeps of a work item: links, those that a person took off too, and questions, open or not. */
  async keptFor(workItemId: number): Promise<WorkItemBindings> {
    const stored = await loadBindings(this.dataSource.manager, [workItemId]);
    return stored.get(workItemId) ?? NOTHING_BOUND;
  }
}

/** One SELECT for all alerts together; what it finds decides, and nothing is written yet. */
async function decideBindings(
  manager: EntityManager,
  { requests, now }: { requests: readonly BindingRequest[]; now: Date },
): Promise<{ bindings: Map<string, AlertBinding>; stubs: ItemRecord[]; found: CiCandidate[] }> {
  const alerts = requests.map(({ key, references }) => ({ key, references: readReferences(references) }));
  const candidates = await loadCandidates(
    manager,
    alerts.map(({ references }) => lookupsOf(references)),
  );
  const decisions = alerts.map(({ key, references }) => ({ key, decision: bindReferences(references, candidates) }));
  const stubs = stubsFor(
    decisions.map(({ decision }) => decision),
    now,
  );
  const bindings = new Map(decisions.map(({ key, decision }) => [key, alertBindingOf(decision, stubs)]));
  const subjects = decisions.flatMap(({ decision }) => decision.bindings.map(({ subject }) => subject));
  const found = subjects.flatMap((subject) => (subject.kind === 'item' ? [subject.ci] : []));
  return { bindings, stubs: [...stubs.values()], found };
}

/** By the canonical key of their ARM id. */
function stubsFor(decisions: readonly BindingDecision[], now: Date): Map<string, ItemRecord> {
  const stubs = new Map<string, ItemRecord>();
  for (const { subject } of decisions.flatMap((decision) => decision.bindings)) {
    if (subject.kind !== 'stub' || stubs.has(subject.armId.key)) continue;
    stubs.set(subject.armId.key, newStub(subject.armId, { now, newId }));
  }
  return stubs;
}

function alertBindingOf(decision: BindingDecision, stubs: ReadonlyMap<string, ItemRecord>): AlertBinding {
  return {
    bindings: decision.bindings.map((binding) => boundCi(binding, itemOf(binding, stubs))),
    tasks: decision.tasks,
  };
}

function itemOf({ subject }: DecidedBinding, stubs: ReadonlyMap<string, ItemRecord>): BoundItem {
  if (subject.kind === 'item') return subject.ci;
  const stub = stubs.get(subject.armId.key);
  if (stub === undefined) throw new Error(`No stub was made for ${subject.armId.key}.`);
  return { ...stub, hasDependents: false };
}

/** Stubs that relations had waited for have dependents at once. */
function withDependents(
  bindings: ReadonlyMap<string, AlertBinding>,
  ciIds: ReadonlySet<string>,
): Map<string, AlertBinding> {
  return new Map(
    [...bindings].map(([key, binding]) => [
      key,
      {
        ...binding,
        bindings: binding.bindings.map((ci) => (ciIds.has(ci.ciId) ? { ...ci, hasDependents: true } : ci)),
      },
    ]),
  );
}

function byItself(item: ImpactSource): ImpactSource {
  return { ...item, hasDependents: false };
}

function attachedOf({ bound, tasksOpened, tasksClosed }: AttachPlan, said: SaidImpact | undefined): AttachedCis {
  if (said === undefined) throw new Error('Nobody has said what the impact is.');
  return { bound, tasksOpened, tasksClosed, ...said };
}
