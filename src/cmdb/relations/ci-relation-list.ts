import type { EntityManager } from 'typeorm';
import { type CursorValues, decodeCursor, pageOf, type Page } from '../../common/pagination';
import { readTime } from '../../common/sql';
import { joined, oneOf, raw, sql, type SqlText, where } from '../../common/sql-text.rules';
import type { CiStatus } from '../items/item-fields.rules';
import { type CiRelationDto, type CiRelationsQuery, type Direction, DIRECTIONS, labelOf } from './ci-relation.dto';
import type { RelationType } from './relation-types.rules';

interface RelationRow {
  id: string;
  type: RelationType;
  direction: Direction;
  targetResourceId: string | null;
  redundancyGroup: string | null;
  setBy: 'person' | 'import';
  createdBy: string | null;
  createdAt: Date | string;
  itemId: string | null;
  name: string;
  className: string;
  resourceId: string | null;
  criticality: number | null;
  status: CiStatus;
}

/** The relations of an item, from it and to it, in the order of their ids, which begin with the time of their making. */
export async function listRelations(
  manager: EntityManager,
  itemId: string,
  query: CiRelationsQuery,
): Promise<Page<CiRelationDto>> {
  const { text, values } = pageStatement(itemId, query);
  const rows = await manager.query<RelationRow[]>(text, [...values]);
  return pageOf(rows, query.limit, { item: toDto, position: ({ id }): CursorValues => [id] });
}

const ENDS: Readonly<Record<Direction, { own: string; other: string }>> = {
  outgoing: { own: 'sourceId', other: 'targetId' },
  incoming: { own: 'targetId', other: 'sourceId' },
};

/** Each direction reads its first ids from its index, and only the page's own rows are read whole. */
function pageStatement(itemId: string, query: CiRelationsQuery): SqlText {
  const directions = query.direction === undefined ? DIRECTIONS : [...new Set(query.direction)];
  const selects = directions.map((direction) => firstOf(direction, itemId, query));
  return sql`SELECT r.id, r.type, p.direction, r.targetResourceId, r.redundancyGroup, r.setBy, r.createdBy, r.createdAt,
      c.id AS itemId, c.name, c.className, c.resourceId, c.criticality, c.status
    FROM (${joined(selects, ' UNION ALL ')}) p JOIN ci_relations r ON r.id = p.id
    LEFT JOIN configuration_items c ON c.id = p.otherId ORDER BY r.id LIMIT ${raw(String(query.limit + 1))}`;
}

function firstOf(direction: Direction, itemId: string, { type, cursor, limit }: CiRelationsQuery): SqlText {
  const { own, other } = ENDS[direction];
  const conditions = [
    sql`${raw(own)} = ${itemId}`,
    ...(type === undefined ? [] : [oneOf('type', type)]),
    ...(cursor === undefined ? [] : [sql`id > ${decodeCursor(cursor, 1)[0] ?? ''}`]),
  ];
  return sql`SELECT id, otherId, ${direction} AS direction FROM (SELECT id, ${raw(other)} AS otherId FROM ci_relations${where(conditions)}
    ORDER BY id LIMIT ${raw(String(limit + 1))}) ${raw(direction)}`;
}

function toDto({ itemId, targetResourceId, ...row }: RelationRow): CiRelationDto {
  const { id, type, direction, redundancyGroup, setBy, createdBy, createdAt } = row;
  const { name, className, resourceId, criticality, status } = row;
  return {
    ...{ id, type, direction, label: labelOf(type, direction) },
    item: itemId === null ? null : { id: itemId, name, className, resourceId, criticality, status },
    missing: itemId === null ? { resourceId: targetResourceId ?? '' } : null,
    ...{ redundancyGroup, setBy, createdBy, createdAt: readTime(createdAt) },
  };
}
