import { csvRecords } from './csv-records';
import { JsonSplitter } from './json-splitter';
import { LineSplitter } from './line-splitter';
import { BrokenFile, type SourceRecord } from './source-record';

export const IMPORT_FORMATS = ['json', 'ndjson', 'csv'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** As many records as one transaction takes, and as many bytes. */
const CHUNK = { records: 1_000, bytes: 8 * 1_048_576 };

/**
 * The records of a file, in chunks, as its bytes come. Where it can't be read any further, it throws a {@link BrokenFile} behind
 * the last good record.
 */
export async function* chunksOf(bytes: AsyncIterable<Buffer>, format: ImportFormat): AsyncGenerator<SourceRecord[]> {
  let chunk: SourceRecord[] = [];
  let size = 0;
  let broken: BrokenFile | null = null;
  try {
    for await (const records of recordsOf(notEmpty(bytes), format)) {
      for (const record of records) {
        chunk.push(record);
        size += record.kind === 'record' ? record.bytes : 0;
        if (chunk.length < CHUNK.records && size < CHUNK.bytes) continue;
        yield chunk;
        chunk = [];
        size = 0;
      }
    }
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error;
    broken = error;
  }
  if (chunk.length > 0) yield chunk;
  if (broken !== null) throw broken;
}

function recordsOf(bytes: AsyncIterable<Buffer>, format: ImportFormat): AsyncIterable<SourceRecord[]> {
  switch (format) {
    case 'json':
      return jsonRecords(bytes);
    case 'ndjson':
      return lineRecords(bytes);
    case 'csv':
      return csvRecords(bytes);
  }
}

async function* jsonRecords(bytes: AsyncIterable<Buffer>): AsyncGenerator<SourceRecord[]> {
  const splitter = new JsonSplitter();
  for await (const piece of bytes) {
    yield splitter.push(piece);
    if (splitter.broken !== null) throw splitter.broken;
  }
  splitter.end();
  if (splitter.broken !== null) throw splitter.broken;
}

async function* lineRecords(bytes: AsyncIterable<Buffer>): AsyncGenerator<SourceRecord[]> {
  const splitter = new LineSplitter();
  for await (const piece of bytes) yield splitter.push(piece);
  yield splitter.end();
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes behind a byte order mark; without any but blanks, the file is broken. */
async function* notEmpty(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0);
  let isBlank = true;
  for await (const piece of bytes) {
    head = head === null ? null : Buffer.concat([head, piece]);
    if (head !== null && head.length < BYTE_ORDER_MARK.length) continue;
    const next: Buffer = head === null ? piece : withoutMark(head);
    head = null;
    isBlank &&= next.toString('latin1').trim() === '';
    yield next;
  }
  if (head !== null && head.length > 0) yield head;
  if (isBlank && (head === null || head.toString('latin1').trim() === '')) throw new BrokenFile(1, 'the file is empty');
}

function withoutMark(head: Buffer): Buffer {
  return head.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? head.subarray(BYTE_ORDER_MARK.length)
    : head;
}
