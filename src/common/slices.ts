/**
 * Values that one statement looks up in an index. Up to 200 (`eq_range_index_dive_limit`) MySQL and MariaDB look each value up
 * before they choose a plan; past it they go by statistics, which are of no use while a table fills, and read all of it.
 */
export const LOOKED_UP = 190;

/** Values in lists of at most `size`, in their order: as many as one statement names. No values make no list. */
export function slicesOf<Value>(values: readonly Value[], size: number): Value[][] {
  const count = Math.ceil(values.length / size);
  return Array.from({ length: count }, (_, index) => values.slice(index * size, (index + 1) * size));
}

/** The rows that `read` answers for lists of values, one list after the other. */
export async function readAll<Value, Row>(
  slices: readonly Value[][],
  read: (slice: Value[]) => Promise<Row[]>,
): Promise<Row[]> {
  let rows: Row[] = [];
  for (const slice of slices) rows = rows.concat(await read(slice));
  return rows;
}
