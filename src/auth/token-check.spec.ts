import { isPublicPath } from './token-check';

describe('isPublicPath', () => {
  it.each([
    '/health/live',
    '/health/ready?verbose',
    '/docs',
    '/docs/',
    '/docs?x',
    '/docs/swagger-ui.css',
    '/docs-json',
  ])('opens %s', (url) => {
    expect(isPublicPath(url)).toBe(true);
  });

  it.each([
    '/',
    '',
    '/health',
    '/healthy/x',
    '/docsearch',
    '/api/v1/alerts',
    '/api/../health/live',
    '//health/live',
    '/API/docs',
  ])('leaves %s shut', (url) => {
    expect(isPublicPath(url)).toBe(false);
  });
});
