import type { EntityManager } from 'typeorm';
import { estimateRows } from '../common/row-estimates';
import { placeholders } from '../common/sql';
import { isSqlite } from '../common/sql';
import type { SqlText } from '../common/sql-text.rules';
import { alertIds, alertIdsOfItem, sourceOf, type AlertFilter, type AlertSearch } from './alert-search.rules';

/** An alert of a list, and how much its payload takes. */
export interface SizedAlert {
  id: string;
  bytes: number;
}

/** The SQL of the lists of alerts: which they are, and how large. */
export class AlertSearchStore {
  private readonly isSqlite: boolean;

  constructor(private readonly manager: EntityManager) {
    this.isSqlite = isSqlite(manager);
  }

  /** The newest first: an id begins with the time of its making. */
  async find(search: AlertSearch, page: { after: string | null; limit: number }): Promise<SizedAlert[]> {
    return this.sized(alertIds(search, await this.driveOf(search), { ...page, isSqlite: this.isSqlite }));
  }

  /** The same of the alerts that a configuration item has had. */
  findOfItem(
    { ciId, condition }: { ciId: string; condition: AlertSearch['condition'] },
    page: { after: string | null; limit: number },
  ): Promise<SizedAlert[]> {
    return this.sized(alertIdsOfItem(ciId, condition, { ...page, isSqlite: this.isSqlite }));
  }

  private async sized({ text, values }: SqlText): Promise<SizedAlert[]> {
    const ids = (await this.manager.query<{ id: string }[]>(text, [...values])).map(({ id }) => id);
    if (ids.length === 0) return [];
    const sizes = await this.manager.query<{ id: string; bytes: number | string }[]>(
      `SELECT id, LENGTH(detail) AS bytes FROM alerts WHERE id IN (${placeholders(ids.length)})`,
      ids,
    );
    const bytes = new Map(sizes.map((row) => [row.id, Number(row.bytes)]));
    return ids.map((id) => ({ id, bytes: bytes.get(id) ?? 0 }));
  }

  /** The rarest filter has the shortest way. */
  private async driveOf({ filters }: AlertSearch): Promise<AlertFilter | null> {
    const [first = null, ...others] = filters;
    if (others.length === 0) return first;
    const counts = await estimateRows(
      this.manager,
      filters.map((filter) => sourceOf(filter, this.isSqlite)),
    );
    return filters[counts.indexOf(Math.min(...counts))] ?? first;
  }
}
