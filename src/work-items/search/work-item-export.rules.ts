import { stringify, type Options } from 'csv-stringify/sync';
import type { WorkItemDto } from '../work-item.dto';
import type { MediaType } from './media-type.rules';

/** What a work item can be exported as. */
export type ExportType = Exclude<MediaType, 'application/json'>;

/** How an export is labelled, and what its texts are: what comes first, and that of so many work items. */
export interface ExportFormat {
  contentType: string;
  /** For a browser, which saves it under this name. */
  fileName: string;
  head: string;
  textOf: (workItems: readonly WorkItemDto[]) => string;
}

/** Each column and where its cells come from; what only the one who asks may do is no part of an export. */
const COLUMNS = [
  ...['number', 'type', 'title', 'description', 'state', 'holdReason', 'impact', 'urgency', 'priority'],
  ...[
    'priorityReason',
    'category',
    'assignmentGroup',
    'assignee',
    'source',
    'openedAt',
    'acknowledgedAt',
    'resolvedAt',
  ],
  ...['resolvedBy', 'closedAt', 'resolutionCode', 'resolutionNotes', 'reopenCount', 'flapping', 'alertCount'],
  ...['previousWorkItem', 'signature', 'monitoringService', 'alertRule', 'subscriptionId', 'configurationItems'],
  ...['version', 'createdAt', 'updatedAt'],
] as (keyof WorkItemDto)[];

/**
 * RFC 4180, and safe to open in a spreadsheet: what would be taken for a formula begins with an apostrophe. A line break
 * of any kind in a cell is quoted, not only that of the records.
 */
const CSV: Options = { record_delimiter: '\r\n', quoted_match: /[\r\n]/, escape_formulas: true };

export const EXPORT_FORMATS: Readonly<Record<ExportType, ExportFormat>> = {
  'text/csv': {
    contentType: 'text/csv; charset=utf-8; header=present',
    fileName: 'work-items.csv',
    head: stringify([COLUMNS], CSV),
    textOf: (workItems) => stringify(workItems.map(cellsOf), CSV),
  },
  'application/x-ndjson': {
    contentType: 'application/x-ndjson; charset=utf-8',
    fileName: 'work-items.ndjson',
    head: '',
    textOf: (workItems) => workItems.map((workItem) => `${JSON.stringify(workItem)}\n`).join(''),
  },
};

function cellsOf(workItem: WorkItemDto): (string | number | null)[] {
  return COLUMNS.map((column) => {
    if (column === 'configurationItems') return workItem.configurationItems.map(({ name }) => name).join('; ');
    const value = workItem[column];
    if (value instanceof Date) return value.toISOString();
    return typeof value === 'boolean' ? String(value) : (value as string | number | null);
  });
}
