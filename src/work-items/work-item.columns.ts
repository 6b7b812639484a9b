import { readTime, sqlTime, type SqlValue } from '../common/sql';
import { ageClassOf } from './age-class.rules';
import { dueAtOf } from './due.rules';
import { facetsOf } from './facets.rules';
import type { WorkItemRecord } from './work-item.record';

/** Every column that may change, with how it is written. Times and JSON are texts to the drivers. */
const CHANGING: Readonly<Record<string, (workItem: WorkItemRecord, now: Date) => SqlValue>> = {
  state: ({ state }) => state,
  holdReason: ({ holdReason }) => holdReason,
  title: ({ title }) => title.slice(0, 255),
  description: ({ description }) => description,
  impact: ({ impact }) => impact,
  urgency: ({ urgency }) => urgency,
  priority: ({ priority }) => priority,
  priorityReason: ({ priorityReason }) => priorityReason,
  category: ({ category }) => category,
  assignmentGroup: ({ assignmentGroup }) => assignmentGroup,
  assignee: ({ assignee }) => assignee,
  openedAt: ({ openedAt }) => sqlTime(openedAt),
  acknowledgedAt: ({ acknowledgedAt }) => sqlTime(acknowledgedAt),
  resolvedAt: ({ resolvedAt }) => sqlTime(resolvedAt),
  resolvedBy: ({ resolvedBy }) => resolvedBy,
  closedAt: ({ closedAt }) => sqlTime(closedAt),
  resolutionCode: ({ resolutionCode }) => resolutionCode,
  resolutionNotes: ({ resolutionNotes }) => resolutionNotes,
  reopenCount: ({ reopenCount }) => reopenCount,
  alertCount: ({ alertCount }) => alertCount,
  firingCount: ({ firingCount }) => firingCount,
  lastResolvedAt: ({ lastResolvedAt }) => sqlTime(lastResolvedAt),
  alertRule: ({ alertRule }) => alertRule?.slice(0, 500) ?? null,
  subscriptionId: ({ subscriptionId }) => subscriptionId?.slice(0, 64) ?? null,
  leadKey: ({ leadKey }) => leadKey,
  fieldSources: ({ fieldSources }) => jsonText(fieldSources),
  stateChangedAt: ({ stateChangedAt }) => sqlTime(stateChangedAt),
  reopenUntil: ({ reopenUntil }) => sqlTime(reopenUntil),
  flappingUntil: ({ flappingUntil }) => sqlTime(flappingUntil),
  recentChanges: ({ recentChanges }) => jsonText(recentChanges),
  dueAt: (workItem) => sqlTime(dueAtOf(workItem)),
  version: ({ version }) => version + 1,
  updatedAt: (_, now) => sqlTime(now),
  ageClass: (workItem, now) => ageClassOf(workItem, now),
  titleByHand: ({ signature, title }) => (signature === null ? title.slice(0, 255).toLowerCase() : null),
};

/** What is said once, when it is opened. */
const FIXED: typeof CHANGING = {
  type: ({ type }) => type,
  source: ({ source }) => source,
  previousWorkItemId: ({ previous }) => previous?.id ?? null,
  signature: ({ signature }) => signature,
  monitoringService: ({ monitoringService }) => monitoringService?.slice(0, 100) ?? null,
  openedByDeliveryId: ({ openedByDeliveryId }) => openedByDeliveryId,
  reopenWindowMinutes: ({ reopenWindowMinutes }) => reopenWindowMinutes,
  autoResolve: ({ autoResolve }) => Number(autoResolve),
  createdAt: (_, now) => sqlTime(now),
};

export const CHANGING_COLUMNS = Object.keys(CHANGING);
const CHANGING_WRITERS = Object.values(CHANGING);
export const ALL_COLUMNS = [...CHANGING_COLUMNS, ...Object.keys(FIXED)];
const ALL_WRITERS = [...CHANGING_WRITERS, ...Object.values(FIXED)];

/** What a record holds; the rest is derived when it is written. */
export const READ_COLUMNS = ['id', ...ALL_COLUMNS]
  .filter((name) => !['dueAt', 'updatedAt', 'ageClass', 'titleByHand', 'createdAt'].includes(name))
  .map((name) => `w.${name} AS ${name}`)
  .join(', ');

export function changingValues(workItem: WorkItemRecord, now: Date): SqlValue[] {
  return CHANGING_WRITERS.map((write) => write(workItem, now));
}

export function allValues(workItem: WorkItemRecord, now: Date): SqlValue[] {
  return ALL_WRITERS.map((write) => write(workItem, now));
}

function jsonText(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

type TimeColumn =
  | 'openedAt'
  | 'acknowledgedAt'
  | 'resolvedAt'
  | 'closedAt'
  | 'lastResolvedAt'
  | 'stateChangedAt'
  | 'reopenUntil'
  | 'flappingUntil';

/** A row as the driver reads it; `id` is null where a slot has no work item. */
export interface WorkItemRow
  extends
    Omit<WorkItemRecord, TimeColumn | 'previous' | 'fieldSources' | 'recentChanges' | 'autoResolve' | 'knownFacets'>,
    Record<Exclude<TimeColumn, 'openedAt'>, Date | string | null> {
  openedAt: Date | string;
  previousWorkItemId: number | null;
  fieldSources: string | null;
  recentChanges: string | null;
  autoResolve: number;
}

export function recordOf({ previousWorkItemId, ...row }: WorkItemRow): WorkItemRecord {
  return {
    ...row,
    openedAt: readTime(row.openedAt),
    acknowledgedAt: readTime(row.acknowledgedAt),
    resolvedAt: readTime(row.resolvedAt),
    closedAt: readTime(row.closedAt),
    lastResolvedAt: readTime(row.lastResolvedAt),
    stateChangedAt: readTime(row.stateChangedAt),
    reopenUntil: readTime(row.reopenUntil),
    flappingUntil: readTime(row.flappingUntil),
    previous: previousWorkItemId === null ? null : { id: previousWorkItemId },
    fieldSources: row.fieldSources === null ? null : (JSON.parse(row.fieldSources) as WorkItemRecord['fieldSources']),
    recentChanges: row.recentChanges === null ? null : (JSON.parse(row.recentChanges) as number[]),
    autoResolve: Boolean(row.autoResolve),
    knownFacets: row.signature === null ? null : facetsOf(row),
  };
}
