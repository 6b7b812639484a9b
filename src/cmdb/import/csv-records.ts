import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, type InfoRecord, type Parser, parse } from 'csv-parse';
import { headerOf, rowOfCells } from './csv-row.rules';
import { BrokenFile, MAX_RECORD_BYTES, type SourceRecord, tooLarge } from './source-record';

/** A quote that is never closed takes the rest of the file for its cell: past this, the file is given up. */
const MAX_OPEN_BYTES = 8 * MAX_RECORD_BYTES;

interface CsvLine {
  record: string[];
  info: InfoRecord;
}

/** Takes the records out of a CSV file whose first line names the columns; `line` is the one on which a record begins. */
export async function* csvRecords(bytes: AsyncIterable<Buffer>): AsyncGenerator<SourceRecord[]> {
  const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true };
  const parser = parse({ ...options, max_record_size: MAX_OPEN_BYTES });
  const fed = pipeline(Readable.from(bytes), parser).catch((error: unknown) => error);
  try {
    yield* recordsOf(parser);
  } catch (error) {
    throw error instanceof CsvError
      ? new BrokenFile(lineOf(error), `the file is no good CSV: ${error.message}`)
      : error;
  } finally {
    parser.destroy();
    await fed;
  }
}

async function* recordsOf(parser: Parser): AsyncGenerator<SourceRecord[]> {
  let columns: string[] | null = null;
  for await (const { record, info } of parser as AsyncIterable<CsvLine>) {
    const line = info.lines - lineBreaksIn(record);
    if (columns === null) {
      const header = headerOf(record);
      if (header.kind === 'fault') throw new BrokenFile(line, header.message);
      columns = header.columns;
    } else {
      yield [recordOf(columns, record, line)];
    }
  }
}

function recordOf(columns: readonly string[], cells: readonly string[], line: number): SourceRecord {
  const bytes = cells.reduce((sum, cell) => sum + Buffer.byteLength(cell) + 1, 0);
  if (bytes > MAX_RECORD_BYTES) return tooLarge(line);
  const { value, errors } = rowOfCells(columns, cells);
  return errors.length > 0 ? { kind: 'faulty', line, errors } : { kind: 'record', line, bytes, value };
}

function lineBreaksIn(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
}

function lineOf(error: CsvError): number {
  return typeof error.lines === 'number' ? error.lines : 1;
}
