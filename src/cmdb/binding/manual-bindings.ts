import { In, type EntityManager } from 'typeorm';
import { DomainError, invalidRequest, notFound } from '../../common/errors';
import { isId } from '../../common/ids';
import { BINDING_CONFIDENCE } from './binding-evidence.rules';
import { loadBindings } from './binding-store';
import { Binding } from './binding.entity';
import type { CiRole, SaidImpact } from './bound-ci';
import { saidImpacts } from '../relations/impact-store';
import type { ImpactSource } from '../relations/said-impact.rules';
import { ConfigurationItem } from '../items/configuration-item.entity';
import { existingItem } from '../items/existing-item';
import { loadWorkItemBindings } from './work-item-bindings';

/** A person's word on what a work item is about. */
export interface ManualBinding {
  workItemId: number;
  ciId: string;
  /** Null = as it is there already; a new one is primary if the work item has no other item. */
  role: CiRole | null;
  /** Who said so. */
  actor: string;
  now: Date;
}

/** What came of it, and what the items of the work item say about its impact now. */
export interface ManuallyBound extends SaidImpact {
  ci: Pick<ConfigurationItem, 'id' | 'name'>;
  /** It was so already. */
  unchanged: boolean;
}

/** Binds an item because a person says so; alerts never change that again. The caller holds the work item's lock. */
export async function bindManually(tx: EntityManager, binding: ManualBinding): Promise<ManuallyBound> {
  const { workItemId, role } = binding;
  const ci = await liveItem(tx, binding.ciId);
  const known = await tx.findOneBy(Binding, { workItemId, ciId: ci.id });
  const isLead = (role ?? (await usualRole(tx, { workItemId, ciId: ci.id }))) === 'primary';
  const unchanged = known?.boundBy === 'person' && !known.isRemoved && known.isLead === isLead;
  if (unchanged) return { ci, ...(await impactOfWorkItem(tx, workItemId)), unchanged };
  if (isLead) await tx.update(Binding, { workItemId, boundBy: 'person' }, { isLead: false });
  const row = rowOf(ci.id, { ...binding, isLead, now: known?.createdAt ?? binding.now });
  if (known === null) await tx.insert(Binding, row);
  else await tx.update(Binding, { workItemId, ciId: ci.id }, row);
  return { ci, ...(await impactOfWorkItem(tx, workItemId)), unchanged };
}

/** Takes an item off a work item because a person says so; alerts never bind it there again. 404 where it never was. */
export async function unbindManually(
  tx: EntityManager,
  { workItemId, ciId }: Pick<ManualBinding, 'workItemId' | 'ciId'>,
): Promise<ManuallyBound> {
  const id = ciId.toLowerCase();
  const known = isId(id) ? await tx.findOneBy(Binding, { workItemId, ciId: id }) : null;
  const ci = known && (await tx.findOneBy(ConfigurationItem, { id }));
  if (known === null || ci === null) throw notFound(`configuration item ${ciId.slice(0, 40)} on this work item`);
  const unchanged = known.isRemoved;
  if (!unchanged) await tx.update(Binding, { workItemId, ciId: id }, { isRemoved: true, boundBy: 'person' });
  return { ci, ...(await impactOfWorkItem(tx, workItemId)), unchanged };
}

/**
 * Binds the items that a person opens a work item with, the first one as its primary. 400 with the place in the request (`path`)
 * of each that is none, or has retired. Answers with what they say about its impact.
 */
export async function bindAllManually(
  tx: EntityManager,
  binding: Omit<ManualBinding, 'ciId' | 'role'> & { ciIds: readonly string[]; path: string },
): Promise<SaidImpact & { cis: ConfigurationItem[] }> {
  const ids = [...new Set(binding.ciIds.map((id) => id.toLowerCase()))];
  const found = new Map((await tx.findBy(ConfigurationItem, { id: In(ids) })).map((ci) => [ci.id, ci]));
  const cis = ids.flatMap((id) => found.get(id) ?? []).filter(({ status }) => status !== 'retired');
  const usable = new Set(cis.map(({ id }) => id));
  const errors = binding.ciIds.flatMap((id, index) =>
    usable.has(id.toLowerCase())
      ? []
      : [{ path: `${binding.path}[${index}]`, message: 'must be the id of a configuration item in use' }],
  );
  if (errors.length > 0) throw invalidRequest(errors);
  const rows = cis.map((ci, index) => rowOf(ci.id, { ...binding, isLead: index === 0 }));
  if (rows.length > 0) await tx.insert(Binding, rows);
  const sources = cis.map(({ id, criticality }) => ({ ciId: id, criticality, hasDependents: true }));
  return { cis, ...(await impactOfItems(tx, sources)) };
}

/** The role of one that nobody gave a role: the one that it has, else what is left for it. */
async function usualRole(
  tx: EntityManager,
  { workItemId, ciId }: Pick<ManualBinding, 'workItemId' | 'ciId'>,
): Promise<CiRole> {
  const items = (await loadWorkItemBindings(tx, [workItemId])).get(workItemId) ?? [];
  const known = items.find(({ id }) => id === ciId);
  return known?.role ?? (items.length === 0 ? 'primary' : 'affected');
}

function rowOf(
  ciId: string,
  { workItemId, isLead, actor, now }: Pick<ManualBinding, 'workItemId' | 'actor' | 'now'> & { isLead: boolean },
): Binding {
  const evidence = { method: 'manual', confidence: BINDING_CONFIDENCE.manual, source: actor.slice(0, 255) } as const;
  return { workItemId, ciId, isLead, isRemoved: false, others: null, boundBy: 'person', createdAt: now, ...evidence };
}

async function liveItem(tx: EntityManager, ciId: string): Promise<ConfigurationItem> {
  const ci = await existingItem(tx, ciId);
  if (ci.status !== 'retired') return ci;
  const detail = `Configuration item ${ci.id} has retired; nothing new is bound to it.`;
  throw new DomainError(409, 'configuration_item_retired', detail);
}

async function impactOfWorkItem(tx: EntityManager, workItemId: number): Promise<SaidImpact> {
  const stored = await loadBindings(tx, [workItemId]);
  const present = (stored.get(workItemId)?.bindings ?? []).filter(({ isRemoved }) => !isRemoved);
  return impactOfItems(tx, present);
}

async function impactOfItems(tx: EntityManager, items: readonly ImpactSource[]): Promise<SaidImpact> {
  const [said] = await saidImpacts(tx, [items]);
  return said as SaidImpact;
}
