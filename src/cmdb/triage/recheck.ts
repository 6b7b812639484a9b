import type { EntityManager } from 'typeorm';
import { groupBy } from '../../common/group-by';
import { forUpdate, placeholders, sqlTime } from '../../common/sql';
import { type AlertReferences, askAgain, lookupsOf } from '../binding/alert-references.rules';
import {
  type AttachPlan,
  NOTHING_BOUND,
  planAttach,
  type StoredBinding,
  type StoredTask,
  type WorkItemBindings,
} from '../binding/attach.rules';
import { loadBindings, savePlans } from '../binding/binding-store';
import { bindReferences, type BindingDecision } from '../binding/binding.rules';
import type { AlertBinding, BoundCi, CiRole, FollowedMerge } from '../binding/bound-ci';
import { awaitWriters, loadCandidates } from '../binding/candidate-store';
import { boundCi } from '../binding/decided-binding.rules';
import { followMerges } from './followed-merges';
import { withCurrentReasons } from './recheck.rules';

/** What looking again came to for one work item. */
export interface Rechecked {
  plan: AttachPlan;
  merges: readonly FollowedMerge[];
}

/** Work items that something may have come for since they were bound: answers to open questions, or the item that a stub turned out to be. */
export async function workItemsToCheck(manager: EntityManager, now: Date, limit: number): Promise<number[]> {
  const rows = await manager.query<{ workItemId: number }[]>(
    `SELECT workItemId FROM (SELECT workItemId FROM binding_tasks WHERE checkAt <= ? ORDER BY checkAt LIMIT ${limit}) tasks
     UNION SELECT workItemId FROM (SELECT b.workItemId FROM configuration_items c JOIN bindings b ON b.ciId = c.id
       WHERE c.mergeDueAt IS NOT NULL LIMIT ${limit}) merged`,
    [sqlTime(now)],
  );
  return rows.map(({ workItemId }) => workItemId).sort((one, other) => one - other);
}

/** What of a work item is due is so later. */
export async function putOffChecks(tx: EntityManager, workItemId: number, until: Date): Promise<void> {
  const sql = 'UPDATE binding_tasks SET checkAt = ? WHERE workItemId = ? AND checkAt IS NOT NULL';
  await tx.query(sql, [sqlTime(until), workItemId]);
}

/**
 * Looks again for the open questions of some work items, and lets what was bound to a stub be bound to the item that it turned
 * out to be. What a person bound or took off stays. The caller holds the work items' locks. To do it twice does no harm.
 */
export async function recheck(
  tx: EntityManager,
  workItems: readonly { id: number; number: string }[],
  now: Date,
): Promise<Map<number, Rechecked>> {
  const ids = workItems.map(({ id }) => id);
  if (ids.length === 0) return new Map();
  await takeUp(tx, ids);
  const merges = await followMerges(tx, ids);
  const stored = await loadBindings(tx, ids);
  const questions = await askedAgain(tx, stored);
  const planned = workItems.map(({ id, number }) => {
    const plan = planOf(stored.get(id) ?? NOTHING_BOUND, questions.get(id) ?? []);
    return { workItemId: id, workItemNumber: number, plan, merges: merges.get(id) ?? [] };
  });
  await savePlans(tx, planned, now);
  return new Map(planned.map(({ workItemId, plan, merges: followed }) => [workItemId, { plan, merges: followed }]));
}

/**
 * From here on, whoever brings an answer waits for us, and has the question looked at once more. Questions that are closed are
 * taken up too: whatever marked one must not have its work item looked at for ever.
 */
async function takeUp(tx: EntityManager, workItemIds: readonly number[]): Promise<void> {
  const isDue = `workItemId IN (${placeholders(workItemIds.length)}) AND (status = 'open' OR checkAt IS NOT NULL)`;
  const rows = await tx.query<{ id: string }[]>(
    `SELECT id FROM binding_tasks WHERE ${isDue} ORDER BY id${forUpdate(tx)}`,
    [...workItemIds],
  );
  if (rows.length === 0) return;
  const ids = rows.map(({ id }) => id);
  await tx.query(`UPDATE binding_tasks SET checkAt = NULL WHERE id IN (${placeholders(ids.length)})`, ids);
}

/** An open question, and what it finds now. */
interface AskedAgain {
  task: StoredTask;
  decision: BindingDecision;
}

/**
 * What the open questions find now, as an alert that asked nothing else would. Who is about to give an item one of the keys is
 * waited for: an item that is not there yet, and whose writer did not see the question, would leave it open for ever.
 */
async function askedAgain(
  tx: EntityManager,
  stored: ReadonlyMap<number, WorkItemBindings>,
): Promise<Map<number, AskedAgain[]>> {
  const questions = [...stored].flatMap(([workItemId, { tasks }]) =>
    tasks.filter(({ isOpen }) => isOpen).map((task) => ({ workItemId, task, references: askAgain(task) })),
  );
  const lookups = questions.map(({ references }: { references: AlertReferences }) => lookupsOf(references));
  await awaitWriters(tx, lookups);
  const candidates = await loadCandidates(tx, lookups);
  const found = questions.map(({ references, ...question }) => ({
    ...question,
    decision: bindReferences(references, candidates),
  }));
  return groupBy(found, ({ workItemId }) => workItemId);
}

function planOf(stored: WorkItemBindings, questions: readonly AskedAgain[]): AttachPlan {
  const answers = questions.map(({ task, decision }): AlertBinding => {
    return { bindings: knownItems(decision, roleFor(task.asked.role, stored.bindings)), tasks: [] };
  });
  const open = questions.flatMap(({ task, decision }) => decision.tasks.map((value) => [task.id, value] as const));
  return withCurrentReasons(planAttach(stored, answers), stored.tasks, new Map(open));
}

/** A stub is made for an alert, not for a question. */
function knownItems({ bindings }: BindingDecision, role: CiRole): BoundCi[] {
  return bindings.flatMap((binding) =>
    binding.subject.kind === 'stub' ? [] : [{ ...boundCi(binding, binding.subject.ci), role }],
  );
}

/** What the alert called its item leads, and so does what is found where nothing leads. */
function roleFor(asked: 'item' | 'target', bindings: readonly StoredBinding[]): CiRole {
  const isLed = bindings.some(({ isLead, isRemoved }) => isLead && !isRemoved);
  return asked === 'item' || !isLed ? 'primary' : 'affected';
}
