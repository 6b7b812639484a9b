import type { EntityManager } from 'typeorm';
import { LOOKED_UP, readAll, slicesOf } from '../../common/slices';
import { placeholders, readTime, type SqlValue } from '../../common/sql';
import { isFinal, type WorkItemState } from '../../work-items/lifecycle.rules';
import type { StoredAlert } from './removable.rules';

type Time = Date | string;

interface AlertRow {
  id: string;
  family: string;
  signature: string;
  workItemId: number | null;
  occurrences: number;
  resolvedAt: Time | null;
  updatedAt: Time;
  workItemState: WorkItemState | null;
  workItemClosedAt: Time | null;
}

const MEMBER = `SELECT a.id, COALESCE(a.partOf, a.episodeKey) AS family, a.signature, a.workItemId, a.occurrences, a.resolvedAt,
  a.updatedAt, w.state AS workItemState, w.closedAt AS workItemClosedAt FROM alerts a LEFT JOIN work_items w ON w.id = a.workItemId`;

/** These alerts with all that hang together with them: the parts of one alert, and what came for it before it was cut up. */
export async function loadFamilies(manager: EntityManager, ids: readonly string[]): Promise<StoredAlert[]> {
  const own = await lookUp<{ family: string }>(
    manager,
    ids,
    (list) => `SELECT COALESCE(partOf, episodeKey) AS family FROM alerts WHERE id IN (${list})`,
  );
  const families = [...new Set(own.map(({ family }) => family))];
  const wholes = await lookUp<AlertRow>(manager, families, (list) => `${MEMBER} WHERE a.episodeKey IN (${list})`);
  const parts = await lookUp<AlertRow>(manager, families, (list) => `${MEMBER} WHERE a.partOf IN (${list})`);
  return [...wholes, ...parts].map(readAlert);
}

/**
 * Rows that a statement finds by values: as many of them at a time as a server looks up in the index. What it takes besides
 * follows them.
 */
export function lookUp<Row>(
  manager: EntityManager,
  values: readonly (string | number)[],
  statement: (list: string) => string,
  ...besides: SqlValue[]
): Promise<Row[]> {
  return readAll(slicesOf(values, LOOKED_UP), (slice) =>
    manager.query<Row[]>(statement(placeholders(slice.length)), [...slice, ...besides]),
  );
}

/** Which of these work items are neither closed nor canceled. */
export async function openWorkItems(manager: EntityManager, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const rows = await lookUp<{ id: number; state: WorkItemState }>(
    manager,
    [...new Set(ids)],
    (list) => `SELECT id, state FROM work_items WHERE id IN (${list})`,
  );
  return new Set(rows.filter(({ state }) => !isFinal(state)).map(({ id }) => id));
}

function readAlert({
  occurrences,
  resolvedAt,
  updatedAt,
  workItemState,
  workItemClosedAt,
  ...row
}: AlertRow): StoredAlert {
  return {
    ...row,
    isFiring: occurrences > 0 && resolvedAt === null,
    endedAt: readTime(resolvedAt),
    updatedAt: readTime(updatedAt),
    isWorkItemOpen: workItemState !== null && !isFinal(workItemState),
    workItemClosedAt: readTime(workItemClosedAt),
  };
}
