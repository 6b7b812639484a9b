import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const DOCUMENT = JSON.parse(readFileSync(join(__dirname, '../../docs/openapi.json'), 'utf8')) as OpenAPIObject;
const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;
const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method): [string, Operation][] => {
    const operation = item[method];
    return operation === undefined ? [] : [[`${method.toUpperCase()} ${path}`, operation]];
  }),
);

describe.each(OPERATIONS)('the documentation of %s', (name, operation) => {
  const isProbe = name.includes(' /health/');

  it('says in a line what it does, and stands under one known heading', () => {
    expect(operation.summary).toMatch(/^[A-Z].{5,120}$/);
    expect(operation.tags).toHaveLength(1);
    expect(DOCUMENT.tags?.map((tag) => tag.name)).toContain(operation.tags?.[0]);
  });

  it('asks for a token once, unless it is a probe', () => {
    expect(operation.security).toEqual(isProbe ? undefined : [{ bearer: [] }]);
  });

  it('shows a body for each success that has one, and a problem for each refusal', () => {
    if (isProbe) return;
    for (const [status, response] of Object.entries(operation.responses)) {
      if (response === undefined || '$ref' in response || status === '204') continue;
      const mediaTypes = Object.keys(response.content ?? {});
      expect([status, mediaTypes]).toEqual([
        status,
        Number(status) >= 400 ? ['application/problem+json'] : expect.arrayContaining(['application/json']),
      ]);
    }
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '403', '503']));
  });

  it('takes limit and cursor if it is a list', () => {
    const success = operation.responses['200'];
    const isList = JSON.stringify(success ?? {}).includes('PageDto"');
    const names = (operation.parameters ?? []).map((parameter) => ('name' in parameter ? parameter.name : ''));
    expect(names.includes('limit') && names.includes('cursor')).toBe(isList);
  });
});
