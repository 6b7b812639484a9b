import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../common/clock';
import { lookupsOf, readReferences } from './alert-references.rules';
import { type AttachPlan, planAttach, type WorkItemBindings } from './attach.rules';
import { bindReferences, type BindingDecision, type DecidedBinding } from './binding.rules';
import { loadBindings, savePlans } from './binding-store';
import type {
  AlertBinding,
  AttachedCis,
  BindingLink,
  BindingPreview,
  BindingRequest,
  BoundCi,
  WorkItemConfigurationItem,
} from './bound-ci';
import { insertStubs, loadCandidates, type NewStub, stubOf } from './candidate-store';
import type { CiCandidate } from './find-ci.rules';
import { groupBy } from './group-by';
import {
  bindAllManually,
  bindManually,
  unbindManually,
  type ManualBinding,
  type ManuallyBound,
} from './manual-bindings';
import { loadWorkItemBindings } from './work-item-bindings';

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
   * key, and the caller runs its whole transaction again (`Transactions` does).
   */
  async bindAlerts(tx: EntityManager, requests: readonly BindingRequest[]): Promise<Map<string, AlertBinding>> {
    const { bindings, stubs } = await decideBindings(tx, requests);
    await insertStubs(tx, stubs, this.clock.now());
    return bindings;
  }

  /** What {@link bindAlerts} would answer, and the ids of the stubs that it would make; writes nothing. */
  async previewAlerts(requests: readonly BindingRequest[]): Promise<BindingPreview> {
    const { bindings, stubs } = await decideBindings(this.dataSource.manager, requests);
    return { bindings, newCiIds: new Set(stubs.map(({ id }) => id)) };
  }

  /**
   * Puts alerts' items and open questions on their work items. The end state is the same for every order of alerts, and what a
   * person bound or took off stays so. The caller holds the work items' locks. All alerts of a new work item come in one call.
   */
  async attach(tx: EntityManager, links: readonly BindingLink[]): Promise<Map<number, AttachedCis>> {
    const workItems = groupBy(links, (link) => link.workItemId);
    const known = [...workItems].filter(([, group]) => !group.some((link) => link.isNewWorkItem)).map(([id]) => id);
    const stored = await loadBindings(tx, known);
    const planned = [...workItems].map(([workItemId, group]) => ({
      workItemId,
      workItemNumber: group[0]?.workItemNumber ?? '',
      plan: planAttach(
        stored.get(workItemId) ?? { bindings: [], tasks: [] },
        group.map((link) => link.binding),
      ),
    }));
    await savePlans(tx, planned, this.clock.now());
    return new Map(planned.map(({ workItemId, plan }) => [workItemId, attachedOf(plan)]));
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
    return stored.get(workItemId) ?? { bindings: [], tasks: [] };
  }
}

/** One SELECT for all alerts together; what it finds decides, and nothing is written yet. */
async function decideBindings(
  manager: EntityManager,
  requests: readonly BindingRequest[],
): Promise<{ bindings: Map<string, AlertBinding>; stubs: NewStub[] }> {
  const alerts = requests.map(({ key, references }) => ({ key, references: readReferences(references) }));
  const candidates = await loadCandidates(
    manager,
    alerts.map(({ references }) => lookupsOf(references)),
  );
  const decisions = alerts.map(({ key, references }) => ({ key, decision: bindReferences(references, candidates) }));
  const stubs = stubsFor(decisions.map(({ decision }) => decision));
  const bindings = new Map(decisions.map(({ key, decision }) => [key, alertBindingOf(decision, stubs)]));
  return { bindings, stubs: [...stubs.values()] };
}

function stubsFor(decisions: readonly BindingDecision[]): Map<string, NewStub> {
  const stubs = new Map<string, NewStub>();
  for (const { subject } of decisions.flatMap((decision) => decision.bindings)) {
    if (subject.kind === 'stub' && !stubs.has(subject.armId.key)) stubs.set(subject.armId.key, stubOf(subject.armId));
  }
  return stubs;
}

function alertBindingOf(decision: BindingDecision, stubs: ReadonlyMap<string, NewStub>): AlertBinding {
  return {
    bindings: decision.bindings.map((binding) => boundCi(binding, itemOf(binding, stubs))),
    tasks: decision.tasks,
  };
}

function itemOf({ subject }: DecidedBinding, stubs: ReadonlyMap<string, NewStub>): CiCandidate {
  if (subject.kind === 'item') return subject.ci;
  const stub = stubs.get(subject.armId.key);
  if (stub === undefined) throw new Error(`No stub was made for ${subject.armId.key}.`);
  return stub;
}

function boundCi(binding: DecidedBinding, ci: CiCandidate): BoundCi {
  const { role, method, confidence, source, isContainer, values } = binding;
  const { id: ciId, name, className, resourceId, resourceType, criticality, supportGroup, environment, tags } = ci;
  const evidence = { role, method, confidence, source, isContainer, values };
  return { ciId, name, className, resourceId, resourceType, criticality, supportGroup, environment, tags, ...evidence };
}

function attachedOf({ bound, tasksOpened, tasksClosed, impact }: AttachPlan): AttachedCis {
  return { bound, tasksOpened, tasksClosed, impact };
}
