import { csvRecords } from './csv-records';
import { BrokenFile, type SourceRecord } from './source-record';

async function* piecesOf(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) {
    yield await Promise.resolve(bytes.subarray(start, start + size));
  }
}

async function read(text: string, size: number): Promise<{ records: SourceRecord[]; broken: BrokenFile | null }> {
  const records: SourceRecord[] = [];
  try {
    for await (const some of csvRecords(piecesOf(text, size))) records.push(...some);
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error;
    return { records, broken: error };
  }
  return { records, broken: null };
}

describe.each([
  [1, 500],
  [1_000, 5_000],
  [65_536, 5_000],
  [1_000_000, 5_000],
])('a CSV file in pieces of %d bytes', (size, count) => {
  const lines = ['name,owner', ...Array.from({ length: count }, (_, index) => `vm-${index},"a, b"`)];

  it.each([
    ['a quote in a cell', 'b"c,we\n', 'Invalid Opening Quote'],
    ['a quote that is never closed', '"bc,we\n', 'Quote Not Closed'],
  ])('keeps every line before %s', async (_, fault, message) => {
    const { records, broken } = await read(`${lines.join('\n')}\n${fault}`, size);
    expect(records).toHaveLength(count);
    const value = { name: `vm-${count - 1}`, owner: 'a, b' };
    expect(records.at(-1)).toMatchObject({ kind: 'record', line: count + 1, value });
    expect(broken?.message).toContain(message);
  });

  it('has a record a line, with or without a line end at the last', async () => {
    for (const end of ['', '\n']) {
      const { records, broken } = await read(lines.join('\n') + end, size);
      expect([records.length, broken]).toEqual([count, null]);
    }
  });

  it('tells on which line a record begins that goes over several', async () => {
    const { records } = await read('name,owner\n"a\nb",c\n\nd,e', size);
    expect(records.map(({ line }) => line)).toEqual([2, 5]);
  });

  it('is broken where its header line is', async () => {
    expect(await read('name,Name\nx,y\n', size)).toMatchObject({ records: [], broken: { line: 1 } });
  });
});
