import { CsvError, type InfoRecord, parse } from 'csv-parse';
import { headerOf, rowOfCells } from './csv-row.rules';
import { BrokenFile, MAX_RECORD_BYTES, type SourceRecord, tooLarge } from './source-record';

/** A quote that is never closed takes the rest of the file for its cell: past this, the file is given up. */
const MAX_OPEN_BYTES = 8 * MAX_RECORD_BYTES;

const OPTIONS = { bom: true, relax_column_count: true, skip_empty_lines: true, max_record_size: MAX_OPEN_BYTES };

interface CsvLine {
  record: string[];
  info: InfoRecord;
}

/** Takes the records out of a CSV file whose first line names the columns; `line` is the one on which a record begins. */
export async function* csvRecords(bytes: AsyncIterable<Buffer>): AsyncGenerator<SourceRecord[]> {
  let columns: string[] | null = null;
  for await (const lines of linesOf(bytes)) {
    const head: CsvLine | undefined = columns === null ? lines.shift() : undefined;
    if (head !== undefined) columns = columnsOf(head);
    const known = columns ?? [];
    yield lines.map((line) => recordOf(known, line));
  }
}

/** The lines that are whole with each piece. They do not go through the parser's stream: it drops what it holds at a fault. */
async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<CsvLine[]> {
  const lines: CsvLine[] = [];
  const parser = parse({ ...OPTIONS, on_record: (record, info) => void lines.push({ record, info }) });
  // Whoever writes is told, too.
  parser.on('error', () => undefined);
  try {
    for await (const piece of bytes) {
      const fault = await faultOf((done) => parser.write(piece, done));
      yield lines.splice(0);
      if (fault !== null) throw brokenBy(fault);
    }
    const fault = await faultOf((done) => parser.end(done));
    yield lines.splice(0);
    if (fault !== null) throw brokenBy(fault);
  } finally {
    parser.destroy();
  }
}

function faultOf(step: (done: (error?: Error | null) => void) => unknown): Promise<Error | null> {
  return new Promise((resolve) => {
    step((error) => resolve(error ?? null));
  });
}

function brokenBy(fault: Error): Error {
  if (!(fault instanceof CsvError)) return fault;
  return new BrokenFile(lineOf(fault), `the file is no good CSV: ${fault.message}`);
}

function columnsOf(head: CsvLine): string[] {
  const header = headerOf(head.record);
  if (header.kind === 'fault') throw new BrokenFile(beginOf(head), header.message);
  return header.columns;
}

function recordOf(columns: readonly string[], csvLine: CsvLine): SourceRecord {
  const [cells, line] = [csvLine.record, beginOf(csvLine)];
  const bytes = cells.reduce((sum, cell) => sum + Buffer.byteLength(cell) + 1, 0);
  if (bytes > MAX_RECORD_BYTES) return tooLarge(line);
  const { value, errors } = rowOfCells(columns, cells);
  return errors.length > 0 ? { kind: 'faulty', line, errors } : { kind: 'record', line, bytes, value };
}

/** The parser counts up to where a line ends. */
function beginOf({ record, info }: CsvLine): number {
  return info.lines - record.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
}

function lineOf(error: CsvError): number {
  return typeof error.lines === 'number' ? error.lines : 1;
}
