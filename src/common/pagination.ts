import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { DomainError } from './errors';

/** One page of a list. `nextCursor` is null on the last page. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** What every list takes. */
export class PageQuery {
  /** Entries a page. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: 50 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit: number = 50;

  /** `nextCursor` of the page before; opaque. */
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  cursor?: string;
}

/** The position behind a row: the values of the sort columns, the last one unique. */
export type CursorValues = readonly (string | number | null)[];

/** An opaque cursor of a keyset position. */
function encodeCursor(values: CursorValues): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** The position that a cursor holds; a cursor that is not one of `length` values is a 400 `invalid_cursor`. */
export function decodeCursor(cursor: string, length: number): CursorValues {
  const values = parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (Array.isArray(values) && values.length === length && values.every(isCursorValue)) return values;
  throw notOfThisList();
}

/** 400 for a cursor that is none of this list, such as one of the same list in another order. */
export function notOfThisList(): DomainError {
  return new DomainError(400, 'invalid_cursor', 'The cursor is not one of this list; start again without it.');
}

/** Cuts the one row that was read beyond `limit`, and says where the next page begins. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  map: { item: (row: Row) => T; position: (row: Row) => CursorValues },
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(map.position(last)) : null;
  return { items: shown.map(map.item), nextCursor };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function isCursorValue(value: unknown): value is string | number | null {
  return value === null || typeof value === 'string' || Number.isFinite(value);
}
