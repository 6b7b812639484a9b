import type { EntityManager } from 'typeorm';
import { newId } from '../../src/common/ids';
import { insertRows, sqlTime, type SqlValue } from '../../src/common/sql';
import { ageClassOf } from '../../src/work-items/age-class.rules';
import { facetsOf } from '../../src/work-items/facets.rules';
import type { WorkItemState, WorkItemType } from '../../src/work-items/lifecycle.rules';
import { numberOf } from '../../src/work-items/number.rules';

/** A work item as a search sees it. */
export interface Sketch {
  id: number;
  type: WorkItemType;
  state: WorkItemState;
  title: string;
  description: string | null;
  priority: number;
  assignmentGroup: string | null;
  assignee: string | null;
  openedAt: Date;
  updatedAt: Date;
  acknowledgedAt: Date | null;
  resolvedAt: Date | null;
  alertCount: number;
  signature: string | null;
  monitoringService: string | null;
  alertRule: string | null;
  subscriptionId: string | null;
  /** Names of the items that it is bound to; one that begins with `-` has been taken off again. */
  items: string[];
}

const START = new Date('2026-03-01T00:00:00.000Z');

/** So many minutes into the story. */
export function minute(count: number): Date {
  return new Date(START.getTime() + count * 60_000);
}

export function aSketch(id: number, sketch: Partial<Sketch> = {}): Sketch {
  const openedAt = sketch.openedAt ?? minute(id);
  return {
    ...{ id, type: 'incident', state: 'closed', title: `Work item ${id}`, priority: 3 },
    ...{ description: null, assignmentGroup: null, assignee: null },
    ...{ openedAt, updatedAt: openedAt, acknowledgedAt: null, resolvedAt: null, alertCount: 1 },
    ...{ signature: `s-${id}`, monitoringService: 'Platform', alertRule: 'rule', subscriptionId: 'sub', items: [] },
    ...sketch,
  };
}

export function numberOfSketch({ type, id }: Sketch): string {
  return numberOf({ type, id });
}

/** Writes work items as alerts and people leave them, with the texts of their signatures and the items that they name. */
export async function insertSketches(
  manager: EntityManager,
  sketches: readonly Sketch[],
  { hasDerived } = { hasDerived: true },
): Promise<void> {
  const now = sqlTime(START);
  await insertAll(
    manager,
    'work_items',
    sketches.map(({ items, ...sketch }) => ({
      ...sketch,
      openedAt: sqlTime(sketch.openedAt),
      updatedAt: sqlTime(sketch.updatedAt),
      ...(hasDerived
        ? {
            ageClass: ageClassOf(sketch, sketch.updatedAt),
            titleByHand: sketch.signature === null ? sketch.title.toLowerCase() : null,
          }
        : {}),
      acknowledgedAt: sqlTime(sketch.acknowledgedAt),
      resolvedAt: sqlTime(sketch.resolvedAt),
      ...{ impact: 2, urgency: 2, priorityReason: 'impact 2 × urgency 2', reopenCount: 0, firingCount: 0, version: 1 },
      source: sketch.signature === null ? 'manual' : 'azure-monitor',
      createdAt: now,
    })),
  );
  const slots = signatureRows(sketches);
  const kept = slots.map(({ facets, ...slot }): Record<string, SqlValue> => (hasDerived ? { ...slot, facets } : slot));
  await insertAll(manager, 'signatures', kept);
  await insertBindings(manager, sketches);
}

function signatureRows(sketches: readonly Sketch[]): (Record<string, SqlValue> & { facets: SqlValue })[] {
  const texts = new Map<string, { workItemId: number; lines: Set<string>; facets: Set<string> }>();
  for (const sketch of sketches) {
    const { id, signature, title, alertRule } = sketch;
    if (signature === null) continue;
    const slot = texts.get(signature) ?? { workItemId: id, lines: new Set<string>(), facets: new Set<string>() };
    slot.facets.add(facetsOf(sketch));
    slot.workItemId = id;
    slot.lines.add(title.toLowerCase()).add((alertRule ?? '').toLowerCase());
    texts.set(signature, slot);
  }
  // Of every third one, the facets are not known.
  return [...texts].map(
    ([signature, { workItemId, lines, facets }], index): Record<string, SqlValue> & { facets: SqlValue } => ({
      signature,
      workItemId,
      facets: index % 3 === 2 ? null : [...facets].join(''),
      searchText: [...lines].join('\n').slice(0, 2_000),
    }),
  );
}

async function insertBindings(manager: EntityManager, sketches: readonly Sketch[]): Promise<void> {
  const now = sqlTime(START);
  const known = await itemIds(manager);
  const names = new Set(sketches.flatMap(({ items }) => items.map((name) => name.replace(/^-/, ''))));
  const fresh = [...names].filter((name) => !known.has(name));
  for (const name of fresh) known.set(name, newId());
  await insertAll(
    manager,
    'configuration_items',
    fresh.map((name) => ({
      ...{ id: known.get(name) ?? '', name, nameKey: name.toLowerCase(), className: 'cmdb_ci', status: 'operational' },
      ...{ stub: 0, tags: '{}', aliases: '[]', version: 1, createdAt: now, updatedAt: now },
    })),
  );
  const links = sketches.flatMap(({ id, items }) => items.map((name) => ({ workItemId: id, name })));
  await insertAll(
    manager,
    'bindings',
    links.map(({ workItemId, name }) => ({
      ...{
        workItemId,
        ciId: known.get(name.replace(/^-/, '')) ?? '',
        isLead: 1,
        isRemoved: Number(name.startsWith('-')),
      },
      ...{ method: 'name', confidence: 60, source: 'test', boundBy: 'system', createdAt: now },
    })),
  );
}

/** Ids of the configuration items by their names. */
export async function itemIds(manager: EntityManager): Promise<Map<string, string>> {
  const rows = await manager.query<{ id: string; name: string }[]>('SELECT id, name FROM configuration_items');
  return new Map(rows.map(({ id, name }) => [name, id]));
}

/** Writes rows that all have the same columns. */
export async function insertAll(
  manager: EntityManager,
  table: string,
  rows: readonly Record<string, SqlValue>[],
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  await insertRows(
    manager,
    table,
    columns,
    rows.map((row) => columns.map((column) => row[column] ?? null)),
  );
}
