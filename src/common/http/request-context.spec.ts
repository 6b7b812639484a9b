import { pathOf, requestIdOf } from './request-context';

const TOKEN = 'eyJhbGciOiJub25lIn0.eyJ4IjoieCJ9abc.';

describe('pathOf', () => {
  it.each([
    ['/api/v1/work-items?q=x#y', '/api/v1/work-items'],
    ['/a#b', '/a'],
    ['/a%20b/%C3%A9', '/a%20b/%C3%A9'],
    ['/%ff', '/%ff'],
    [`/a/${TOKEN}/b`, '/a/[redacted]/b'],
    ['/a/Password%3Dabc%3B', '/a/Password=[redacted];'],
    ['/a/Bearer%20abcdefgh1/%C3%A9', '/a/Bearer%20[redacted]%C3%A9'],
    ['/a/jo%40corp.example/b', '/a/[redacted]/b'],
    ['/a/Password%3Dabc%3B%ff', '/a/Password=[redacted];%25ff'],
  ])('of %s is %s', (url, path) => {
    expect(pathOf(url)).toBe(path);
  });
});

describe('requestIdOf', () => {
  it('takes what is a plain name, and no token', () => {
    expect(requestIdOf({ headers: { 'x-request-id': 'a.b-c:1' } })).toBe('a.b-c:1');
    for (const id of [TOKEN, 'a b', 'a\r\nb', '\u2028', 'x'.repeat(101), ''])
      expect(requestIdOf({ headers: { 'x-request-id': id } })).toMatch(/^[0-9a-f-]{36}$/);
  });
});
