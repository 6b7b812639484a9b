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

describe('the documentation of', () => {
  const operation = (name: string): Operation => OPERATIONS.find(([each]) => each === name)![1];
  const answer = (name: string, status: string): Record<string, unknown> =>
    operation(name).responses[status] as unknown as Record<string, unknown>;
  const headersOf = (name: string, status: string): string[] => Object.keys(answer(name, status).headers ?? {});
  const WORK_ITEM = '/api/v1/work-items/{number}';

  it('the webhook names what it refuses, and what is kept', () => {
    const webhook = 'POST /api/v1/webhooks/azure-monitor';
    for (const code of ['invalid_json', 'not_common_schema', 'invalid_payload', 'deliveryId'])
      expect(answer(webhook, '400').description).toMatch(code);
    expect(answer(webhook, '403').description).toMatch('scope_violation');
  });

  it.each([
    ['PATCH', WORK_ITEM],
    ['DELETE', `${WORK_ITEM}/configuration-items/{ciId}`],
    ['DELETE', '/api/v1/configuration-items/{id}'],
    ['DELETE', '/api/v1/admin/routing-rules/{id}'],
  ])('%s %s names a faulty If-Match', (method, path) => {
    expect(answer(`${method} ${path}`, '400').description).toMatch('invalid_if_match');
  });

  it('a transition names what another work item has taken over', () => {
    expect(answer(`POST ${WORK_ITEM}/transitions`, '409').description).toMatch(/illegal_transition.*superseded/);
  });

  it('a filter with a default asks for nothing', () => {
    const { parameters = [] } = operation('GET /api/v1/configuration-items/{id}/binding-tasks');
    expect(parameters).toContainEqual(expect.objectContaining({ name: 'status', required: false }));
  });

  it('headers says where they are sent', () => {
    expect(headersOf(`GET ${WORK_ITEM}`, '200')).toEqual(['X-Request-Id', 'ETag']);
    expect(headersOf('POST /api/v1/work-items', '201')).toEqual(['X-Request-Id', 'ETag', 'Location']);
    expect(headersOf('GET /api/v1/work-items', '200')).toEqual(['X-Request-Id']);
    expect(headersOf(`GET ${WORK_ITEM}`, '401')).toEqual(['X-Request-Id', 'WWW-Authenticate']);
    expect(headersOf(`GET ${WORK_ITEM}`, '429')).toEqual(['X-Request-Id', 'Retry-After']);
    expect(headersOf(`PATCH ${WORK_ITEM}`, '412')).toEqual(['X-Request-Id', 'ETag']);
  });
});
