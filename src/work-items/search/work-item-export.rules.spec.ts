import type { WorkItemDto } from '../work-item.dto';
import { EXPORT_FORMATS } from './work-item-export.rules';

function aWorkItem(change: Partial<WorkItemDto> = {}): WorkItemDto {
  const times = { openedAt: new Date('2026-01-01T12:00:00Z'), createdAt: new Date(0), updatedAt: new Date(0) };
  return {
    ...{ number: 'INC0000001', type: 'incident', title: 'cpu on vm1', state: 'new', flapping: false, version: 1 },
    ...{ configurationItems: [{ name: 'vm1' }, { name: 'vm2' }], ...times, ...change },
  } as WorkItemDto;
}

const csv = (change: Partial<WorkItemDto>): string => EXPORT_FORMATS['text/csv'].textOf([aWorkItem(change)]);

describe('a line of CSV', () => {
  it('has a cell for each heading, times in ISO 8601 and configuration items by name', () => {
    const heads = EXPORT_FORMATS['text/csv'].head.trimEnd().split(',');
    const cells = csv({}).trimEnd().split(',');
    expect(cells).toHaveLength(heads.length);
    expect(cells[heads.indexOf('openedAt')]).toBe('2026-01-01T12:00:00.000Z');
    expect(cells[heads.indexOf('configurationItems')]).toBe('vm1; vm2');
    expect(csv({})).toMatch(/\r\n$/);
  });

  it.each([
    ['=1+1', `'=1+1`],
    ['+1', `'+1`],
    ['-1', `'-1`],
    ['@SUM(A1)', `'@SUM(A1)`],
    ['\tx', `'\tx`],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\rlines', '"two\rlines"'],
    ['plain', 'plain'],
  ])('holds the title %j as %j', (title, cell) => {
    expect(csv({ title })).toContain(`incident,${cell},`);
  });
});

it('a line of NDJSON is the work item as the API shows it', () => {
  const { head, textOf } = EXPORT_FORMATS['application/x-ndjson'];
  expect(head).toBe('');
  const lines = textOf([aWorkItem(), aWorkItem({ title: 'two\nlines' })]).split('\n');
  expect(lines).toHaveLength(3);
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ number: 'INC0000001', title: 'two\nlines' });
});
