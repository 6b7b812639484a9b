import type { FieldError } from '../../common/errors';
import { fieldOfColumn, JSON_FIELDS, TAG_COLUMN } from './field-names.rules';

/** What the header line of a CSV file says, or why it says nothing. */
export type CsvHeader = { kind: 'columns'; columns: string[] } | { kind: 'fault'; message: string };

/** The field of each column; two columns of one field would leave open which counts. */
export function headerOf(cells: readonly string[]): CsvHeader {
  const columns = cells.map(fieldOfColumn);
  const twice = columns.find((column, index) => column !== '' && columns.indexOf(column) !== index);
  if (twice !== undefined) return { kind: 'fault', message: `the header line names ${twice} twice` };
  if (columns.every((column) => column === '')) return { kind: 'fault', message: 'the header line names no column' };
  return { kind: 'columns', columns };
}

/** A line of a CSV file as the object that the same item would be in JSON. An empty cell says nothing of its field. */
export function rowOfCells(
  columns: readonly string[],
  cells: readonly string[],
): { value: Record<string, unknown>; errors: FieldError[] } {
  if (cells.length !== columns.length) {
    const message = `has ${cells.length} cells, the header line ${columns.length}`;
    return { value: {}, errors: [{ path: '', message }] };
  }
  const value: Record<string, unknown> = {};
  const tags: Record<string, string> = {};
  const errors: FieldError[] = [];
  for (const [index, column] of columns.entries()) {
    const cell = (cells[index] as string).trim();
    if (cell === '' || column === '') continue;
    if (column.startsWith(TAG_COLUMN)) tags[column.slice(TAG_COLUMN.length)] = cell;
    else if (JSON_FIELDS.has(column)) readCell(column, cell, { value, errors });
    else value[column] = valueOfCell(column, cell);
  }
  if (Object.keys(tags).length > 0) value.tags = { ...(value.tags as object | undefined), ...tags };
  return { value, errors };
}

function readCell(column: string, cell: string, into: { value: Record<string, unknown>; errors: FieldError[] }): void {
  try {
    into.value[column] = JSON.parse(cell) as unknown;
  } catch {
    into.errors.push({ path: column, message: 'must be JSON' });
  }
}

function valueOfCell(column: string, cell: string): unknown {
  if (column === 'aliases') return cell.split(';').filter((alias) => alias.trim() !== '');
  return column === 'criticality' && /^\d+$/.test(cell) ? Number(cell) : cell;
}
