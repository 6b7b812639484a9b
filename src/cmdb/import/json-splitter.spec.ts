import fc from 'fast-check';
import { JsonSplitter } from './json-splitter';
import { LineSplitter } from './line-splitter';
import type { SourceRecord } from './source-record';

function piecesOf(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

function split(text: string, size = 7): { records: SourceRecord[]; broken: string | null } {
  const splitter = new JsonSplitter();
  const records = piecesOf(text, size).flatMap((piece) => splitter.push(piece));
  splitter.end();
  return { records, broken: splitter.broken === null ? null : `${splitter.broken.line}: ${splitter.broken.message}` };
}

function values(records: readonly SourceRecord[]): unknown[] {
  return records.map((record) => (record.kind === 'record' ? record.value : record.errors[0]?.message));
}

describe('JsonSplitter', () => {
  it('answers the entries of any array, however it is written and cut', () => {
    const spaced = fc.constantFrom(undefined, 1, '\t');
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 9 }), spaced, (entries, size, space) => {
        const { records, broken } = split(JSON.stringify(entries, null, space), size);
        expect([values(records), broken]).toEqual([JSON.parse(JSON.stringify(entries)), null]);
        expect(records.map(({ line }) => line)).toEqual(entries.map((_, index) => index + 1));
      }),
    );
  });

  it.each([
    ['data', '{"count":2,"data":[{"a":1},{"a":2}],"skip_token":null,"x":{"data":[9]}}'],
    ['value', '{"@odata":"y","value":[{"a":1},{"a":2}]}'],
    ['a table', '{"data":{"columns":[{"name":"a","type":"integer"}],"rows":[[1],[2]]},"facets":[]}'],
  ])('answers the records in %s', (_, text) => {
    expect([values(split(text).records), split(text).broken]).toEqual([[{ a: 1 }, { a: 2 }], null]);
  });

  it.each([
    ['[1, 2', [1], '2: the file ends too early'],
    ['[1 2]', [1], `2: the file is no good JSON from here on: , or ] expected, not "2"`],
    ['[1,]', [1], `2: the file is no good JSON from here on: value expected, not "]"`],
    ['[] []', [], '1: there is something behind the end of the JSON; several items, one a line, are NDJSON'],
    ['{"a":[1]}', [], '1: the file is neither an array nor an object with an array in `data` or `value`'],
    ['{"data":{"rows":[[1]]}}', [], '1: data.columns must come before data.rows'],
    ['{"data":{"columns":7,"rows":[]}}', [], '1: data.columns is no list of columns'],
    ['7', [], `1: the file is no good JSON from here on: an array or an object expected, not "7"`],
  ])('of %s answers what comes before the fault, and the fault', (text, records, broken) => {
    expect(split(text)).toMatchObject({ broken });
    expect(values(split(text).records)).toEqual(records);
  });

  it.each([
    ['skip_token', '{"count":1,"data":[{"a":1}],"skip_token":"t","total_records":5000}'],
    ['skip_token', '{"skip_token":"t","data":[{"a":1}]}'],
    ['$skipToken', '{"data":{"columns":[{"name":"a"}],"rows":[[1]]},"resultTruncated":"true","$skipToken":"t"}'],
    ['resultTruncated', '{"totalRecords":2,"resultTruncated":"true","data":[{"a":1}]}'],
    ['nextLink', '{"value":[{"a":1}],"nextLink":"https://management.azure.com/…"}'],
    ['nextCursor', '{"items":[{"a":1}],"nextCursor":"c"}'],
  ])('tells by %s of %s that it is one page of several, behind its records', (member, text) => {
    const { records, broken } = split(text);
    expect(values(records)).toEqual([{ a: 1 }]);
    expect(broken).toBe(`2: the file is one page of several: ${member} says that more follow`);
  });

  it.each([
    '{"data":[{"a":1}],"skip_token":null,"total_records":1}',
    '{"data":[{"a":1}],"resultTruncated":"false","$skipToken":""}',
    '{"value":[{"a":1,"nextLink":"x"}],"x":{"nextLink":"y"}}',
    '{"items":[{"a":1}],"nextCursor":null}',
  ])('takes %s for the whole', (text) => {
    expect(split(text)).toMatchObject({ broken: null });
  });

  it('lets a bad record, and one that is too large, cost no other', () => {
    const text = `[{"a":1},{a:2},{"b":"${'x'.repeat(1_100_000)}"},{"a":"}\\"]"}]`;
    expect(values(split(text, 65_536).records)).toEqual([
      { a: 1 },
      'is not JSON',
      'is larger than 1048576 bytes',
      { a: '}"]' },
    ]);
  });

  it('reads nothing but strings between the quotes, whatever follows a backslash', () => {
    expect(values(split(String.raw`[{"a":"\\"},{"b":"\"{["}]`, 1).records)).toEqual([{ a: '\\' }, { b: '"{[' }]);
  });

  it('never throws, and says so of what is no JSON', () => {
    const text = fc.string({
      unit: fc.constantFrom('[', ']', '{', '}', '"', ',', ':', '\\', ' ', 'a', '1'),
      maxLength: 30,
    });
    fc.assert(
      fc.property(text, (given) => {
        const { broken } = split(given, 3);
        expect(broken === null || /^\d+: /.test(broken)).toBe(true);
      }),
    );
  });
});

describe('LineSplitter', () => {
  it('answers a record a line, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { minLength: 1 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('\n', '\r\n', '\n\n'),
        (entries, size, end) => {
          const splitter = new LineSplitter();
          const text = entries.map((entry) => JSON.stringify(entry)).join(end);
          const records = [...piecesOf(text, size).flatMap((piece) => splitter.push(piece)), ...splitter.end()];
          expect(values(records)).toEqual(JSON.parse(JSON.stringify(entries)));
          const step = end === '\n\n' ? 2 : 1;
          expect(records.map(({ line }) => line)).toEqual(entries.map((_, index) => index * step + 1));
        },
      ),
    );
  });
});
