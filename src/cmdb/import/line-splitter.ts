import { valueOf } from './json-splitter';
import { MAX_RECORD_BYTES, type SourceRecord, tooLarge } from './source-record';

const NEWLINE = 0x0a;

/** Takes the records out of NDJSON that comes in pieces: one a line. Empty lines count as lines, and are no records. */
export class LineSplitter {
  private parts: Buffer[] = [];
  private bytes = 0;
  private line = 0;

  /** The records that are whole with this piece. */
  push(piece: Buffer): SourceRecord[] {
    const records: SourceRecord[] = [];
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, start)) {
      this.keep(piece.subarray(start, end));
      records.push(...this.take());
      start = end + 1;
    }
    this.keep(piece.subarray(start));
    return records;
  }

  /** The last line needs no line end. */
  end(): SourceRecord[] {
    return this.take();
  }

  private keep(part: Buffer): void {
    this.bytes += part.length;
    if (this.bytes > MAX_RECORD_BYTES) this.parts = [];
    else if (part.length > 0) this.parts.push(part);
  }

  private take(): SourceRecord[] {
    const { bytes } = this;
    const text = Buffer.concat(this.parts).toString('utf8');
    this.parts = [];
    this.bytes = 0;
    this.line += 1;
    return bytes > MAX_RECORD_BYTES ? [tooLarge(this.line)] : recordsOf(text, { line: this.line, bytes });
  }
}

function recordsOf(text: string, { line, bytes }: { line: number; bytes: number }): SourceRecord[] {
  if (text.trim() === '') return [];
  const value = valueOf(text);
  if (value === undefined) return [{ kind: 'faulty', line, errors: [{ path: '', message: 'is not JSON' }] }];
  return [{ kind: 'record', line, bytes, value }];
}
