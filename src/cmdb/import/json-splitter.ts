import { readJson } from '../../common/json-text';
import { isBlank, JsonValueScan } from './json-value-scan';
import { BrokenFile, type SourceRecord, tooLarge } from './source-record';

/** What may come next between values. */
type Expected =
  | 'start'
  | 'value'
  | 'value or ]'
  | ', or ]'
  | 'member name'
  | 'member name or }'
  | ':'
  | 'member value'
  | ', or }'
  | 'end';

type Purpose = 'record' | 'skipped' | 'columns' | 'name' | 'more';

/** Members whose array holds the records: of `az graph query`, of the REST API in its older form, and of what we export. */
const RECORD_MEMBERS: ReadonlySet<string> = new Set(['data', 'value', 'items']);

/**
 * Members that say, beside the records, that these are not all: of `az graph query`, of the REST API, of lists of ARM, and of our
 * own lists.
 */
const MORE_MEMBERS: ReadonlySet<string> = new Set([
  ...['skip_token', '$skipToken', 'skipToken', 'resultTruncated', 'nextLink', '@odata.nextLink', 'nextCursor'],
]);

/**
 * Takes the records out of a JSON file that comes in pieces: out of an array, out of the array in the member `data`, `value` or
 * `items` of an object, or out of `data.rows` of a table whose columns `data.columns` names. It holds one record at a time, and
 * each is read by itself: a record that is no good JSON costs no other one. A page of an export that goes on is broken at its end.
 * `line` is the number of the record.
 */
export class JsonSplitter {
  /** Why the rest can't be read; null as long as it can. */
  broken: BrokenFile | null = null;
  private expected: Expected = 'start';
  /** The objects that are open around. */
  private readonly objects: ('file' | 'data')[] = [];
  private member = '';
  private hasRecords = false;
  private isTable = false;
  /** The member that says that more pages follow. */
  private more: string | null = null;
  private columns: string[] | null = null;
  private line = 0;
  private scan: JsonValueScan | null = null;
  private purpose: Purpose = 'skipped';

  /** The records that are whole with this piece. */
  push(piece: Buffer): SourceRecord[] {
    const records: SourceRecord[] = [];
    for (let at = 0; at < piece.length;) {
      if (this.isBroken) break;
      if (this.scan !== null) {
        const end = this.scan.read(piece, at);
        if (end === null) break;
        at = end;
        this.finish(this.scan, records);
        continue;
      }
      const byte = piece[at] as number;
      if (!isBlank(byte)) this.next(String.fromCharCode(byte));
      if (isBlank(byte) || !this.isReading) at += 1;
    }
    return records;
  }

  /** To be called behind the last piece. */
  end(): void {
    if (this.isBroken) return;
    if (this.expected !== 'end') this.fail('the file ends too early');
    else if (this.more !== null) this.fail(`the file is one page of several: ${this.more} says that more follow`);
  }

  private get isBroken(): boolean {
    return this.broken !== null;
  }

  /** Of a value, the first byte belongs to it already. */
  private get isReading(): boolean {
    return this.scan !== null;
  }

  private next(char: string): void {
    switch (this.expected) {
      case 'start':
        return this.begin(char);
      case 'value or ]':
      case 'value':
        if (char === ']' && this.expected === 'value or ]') return this.close();
        return ',]}:'.includes(char) ? this.unexpected(char) : this.read('record');
      case ', or ]':
        return this.follow(char, { ',': () => this.expect('value'), ']': () => this.close() });
      case 'member name or }':
        return this.follow(char, { '"': () => this.read('name'), '}': () => this.closeObject() });
      case 'member name':
        return this.follow(char, { '"': () => this.read('name') });
      case ':':
        return this.follow(char, { ':': () => this.expect('member value') });
      case 'member value':
        return ',]}:'.includes(char) ? this.unexpected(char) : this.readMember(char);
      case ', or }':
        return this.follow(char, { ',': () => this.expect('member name'), '}': () => this.closeObject() });
      case 'end':
        return this.fail('there is something behind the end of the JSON; several items, one a line, are NDJSON');
    }
  }

  private begin(char: string): void {
    this.follow(char, { '[': () => this.expect('value or ]'), '{': () => this.open('file') });
    if (char === '[') this.hasRecords = true;
  }

  private open(object: 'file' | 'data'): void {
    this.objects.push(object);
    this.expect('member name or }');
  }

  private readMember(char: string): void {
    const isData = this.objects.at(-1) === 'data';
    if (char === '{' && !isData && this.member === 'data') return this.open('data');
    const isRecords = isData ? this.member === 'rows' : RECORD_MEMBERS.has(this.member);
    if (char !== '[' || !isRecords) return this.read(this.purposeOf(isData));
    this.isTable = isData;
    if (isData && this.columns === null) return this.fail('data.columns must come before data.rows');
    this.hasRecords = true;
    this.expect('value or ]');
  }

  private purposeOf(isData: boolean): Purpose {
    if (isData) return this.member === 'columns' ? 'columns' : 'skipped';
    return MORE_MEMBERS.has(this.member) ? 'more' : 'skipped';
  }

  private read(purpose: Purpose): void {
    this.purpose = purpose;
    this.scan = new JsonValueScan(purpose !== 'skipped');
  }

  private finish(scan: JsonValueScan, records: SourceRecord[]): void {
    this.scan = null;
    switch (this.purpose) {
      case 'record':
        this.line += 1;
        records.push(this.recordOf(scan));
        return this.expect(', or ]');
      case 'name':
        this.member = textOf(scan);
        return this.expect(':');
      case 'columns':
        this.columns = columnsOf(scan);
        return this.columns === null ? this.fail('data.columns is no list of columns') : this.expect(', or }');
      case 'more':
        if (saysMore(scan)) this.more = this.member;
        return this.expect(', or }');
      case 'skipped':
        return this.expect(', or }');
    }
  }

  private recordOf(scan: JsonValueScan): SourceRecord {
    const { line } = this;
    if (scan.isTooLarge) return tooLarge(line);
    const value = valueOf(scan.text);
    if (value === undefined) return { kind: 'faulty', line, errors: [{ path: '', message: 'is not JSON' }] };
    return { kind: 'record', line, bytes: scan.bytes, value: this.isTable ? this.rowOf(value) : value };
  }

  private rowOf(cells: unknown): unknown {
    if (!Array.isArray(cells)) return cells;
    return Object.fromEntries((this.columns ?? []).map((column, index) => [column, cells[index] as unknown]));
  }

  private close(): void {
    this.expect(this.objects.length === 0 ? 'end' : ', or }');
  }

  private closeObject(): void {
    this.objects.pop();
    this.close();
    if (this.objects.length > 0 || this.hasRecords) return;
    this.fail('the file is neither an array nor an object with an array in `data` or `value`');
  }

  private follow(char: string, steps: Readonly<Record<string, () => void>>): void {
    const step = steps[char];
    if (step === undefined) this.unexpected(char);
    else step();
  }

  private expect(expected: Expected): void {
    this.expected = expected;
  }

  private unexpected(char: string): void {
    const wanted = this.expected === 'start' ? 'an array or an object' : this.expected;
    this.fail(`the file is no good JSON from here on: ${wanted} expected, not ${JSON.stringify(char)}`);
  }

  private fail(message: string): void {
    this.broken = new BrokenFile(this.line + 1, message);
  }
}

/** Undefined where the text is no JSON. */
export function valueOf(text: string): unknown {
  try {
    return readJson(text);
  } catch {
    return undefined;
  }
}

function textOf(scan: JsonValueScan): string {
  const text = scan.isTooLarge ? undefined : valueOf(scan.text);
  return typeof text === 'string' ? text : '';
}

/** A token or a link, or that it is so; the REST API writes `"false"` for false. */
function saysMore(scan: JsonValueScan): boolean {
  const value = scan.isTooLarge ? true : valueOf(scan.text);
  return value === true || (typeof value === 'string' && value !== '' && value.toLowerCase() !== 'false');
}

function columnsOf(scan: JsonValueScan): string[] | null {
  const columns = scan.isTooLarge ? undefined : valueOf(scan.text);
  if (!Array.isArray(columns)) return null;
  return columns.map((column: { name?: unknown } | null) => (typeof column?.name === 'string' ? column.name : ''));
}
