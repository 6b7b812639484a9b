import fc from 'fast-check';
import { oneLine, severalLines, shortened } from './text.rules';

describe('oneLine', () => {
  it.each([
    ['a', 'a'],
    ['  a  ', 'a'],
    ['a\r\n\tb\u0000c\u202Ed\u2028e', 'a b c d e'],
    ['a\u00a0\u200b\u3000b', 'a b'],
    ['<b>&amp;', '<b>&amp;'],
    ['\u200b \n', ''],
    ['', ''],
    ['0123456789', '0123456789'],
    ['0123456789a', '012345678…'],
    ['01234567 9a', '01234567…'],
    ['01234567\u{1f600}\u{1f600}', '01234567…'],
  ])('of %j is %j', (text, expected) => {
    expect(oneLine(text, 10)).toBe(expected);
  });

  it('is one visible line, as short as asked for, and stays as it is the second time', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300 }));
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 200 }), (text, maxLength) => {
        const line = oneLine(text, maxLength);
        expect(line.length).toBeLessThanOrEqual(maxLength);
        expect(line).toMatch(/^[^\p{C}\u2028\u2029]*$/u);
        expect(oneLine(line, maxLength)).toBe(line);
      }),
    );
  });
});

describe('shortened', () => {
  it.each([
    ['a\nb', 'a\nb'],
    ['01234\n6789a', '01234\n678…'],
    ['01234567\u{1f600}9', '01234567…'],
  ])('of %j is %j', (text, expected) => {
    expect(shortened(text, 10)).toBe(expected);
  });
});

describe('severalLines', () => {
  it.each([
    ['a\n\tb', 'a\n\tb'],
    ['a\r\nb\rc', 'a\nb\nc'],
    ['a\u0000\u001b[31mb\u0085c\u007f', 'a[31mbc'],
    ['a\u202eb\u2066c\u200fd\u061ce', 'abcde'],
    ['\u{1f469}\u200d\u{1f4bb}', '\u{1f469}\u200d\u{1f4bb}'],
  ])('of %j is %j', (text, expected) => {
    expect(severalLines(text)).toBe(expected);
  });
});
