import { decodeRecords, encodeRecord, type SpooledDelivery } from './spool-record.rules';

const [first, second] = ['first', 'second'].map((id): SpooledDelivery => {
  const caller = { callerAppId: 'app', callerScopes: ['/subscriptions/1'] };
  return { id, receivedAt: '2026-11-24T08:00:00.000Z', requestId: id, ...caller, body: '{"a":"ä\\n"}', refusal: null };
}) as [SpooledDelivery, SpooledDelivery];

const file = Buffer.concat([first, second].map(encodeRecord));
const middle = encodeRecord(first).length;

function flipped(at: number): Buffer {
  const copy = Buffer.from(file);
  copy[at] = copy[at]! ^ 1;
  return copy;
}

describe('the records of a spool file', () => {
  it.each<[string, Buffer, { deliveries: SpooledDelivery[]; length: number; damaged: number }]>([
    ['none', Buffer.alloc(0), { deliveries: [], length: 0, damaged: 0 }],
    ['whole ones', file, { deliveries: [first, second], length: file.length, damaged: 0 }],
    ['a last one without its end', file.subarray(0, -1), { deliveries: [first], length: middle, damaged: 0 }],
    ['a first one without its end', file.subarray(0, 5), { deliveries: [], length: 0, damaged: 0 }],
    ['a bit that flipped in the first', flipped(20), { deliveries: [second], length: file.length, damaged: 1 }],
    ['one in the last', flipped(middle + 20), { deliveries: [first], length: file.length, damaged: 1 }],
    ['one in a checksum', flipped(0), { deliveries: [second], length: file.length, damaged: 1 }],
    ['a line break that is none any more', flipped(middle - 1), { deliveries: [], length: file.length, damaged: 1 }],
    ['lines of something else', Buffer.from('\n\nx\n'), { deliveries: [], length: 4, damaged: 3 }],
  ])('%s', (_what, bytes, expected) => {
    expect(decodeRecords(bytes)).toEqual(expected);
  });
});
