import { preferredMediaType } from './media-type.rules';

describe('what a list is answered as', () => {
  it.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/json, text/plain, */*', 'application/json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/json'],
    ['text/csv', 'text/csv'],
    ['TEXT/CSV; charset=utf-8', 'text/csv'],
    ['text/*', 'text/csv'],
    ['application/x-ndjson', 'application/x-ndjson'],
    ['application/json;q=0.5, text/csv', 'text/csv'],
    ['application/json;q=0, */*', 'text/csv'],
    ['text/csv;q=0.1, application/x-ndjson; q=0.2', 'application/x-ndjson'],
    ['text/csv, application/x-ndjson', 'text/csv'],
    ['*/*;q=0.1, text/csv;q=0.2', 'text/csv'],
    ['text/csv;q=high, application/json;q=0.1', 'application/json'],
    ['text/html', null],
    ['text/csv;q=0', null],
    ['image/png, application/xml', null],
    ['nonsense', null],
  ])('Accept: %s', (accept, mediaType) => {
    expect(preferredMediaType(accept)).toBe(mediaType);
  });
});
