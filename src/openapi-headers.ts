import type { OpenAPIObject } from '@nestjs/swagger';
import { mapOperations, mapValues, type Response } from './openapi-operations';

const HEADERS = {
  'X-Request-Id': 'The id of the request, as the log has it: that of the caller, if it is usable',
  ETag: 'The version, for `If-Match`',
  Location: 'The path of what was made',
  'Retry-After': 'Seconds to wait before the next try',
  'WWW-Authenticate': 'The scheme, and `error="invalid_token"`',
} as const;

type Header = keyof typeof HEADERS;

/** What has a version of its own. */
const VERSIONED = ['WorkItemDto', 'ConfigurationItemDto', 'RoutingRuleDto'].map(
  (name) => `#/components/schemas/${name}`,
);

/** Besides `X-Request-Id`, which every answer has. */
const OF_STATUS: Readonly<Record<string, readonly Header[]>> = {
  401: ['WWW-Authenticate'],
  412: ['ETag'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/** Adds to every answer of an operation the headers that it has, whatever its controller says. */
export function withHeaders(document: OpenAPIObject): OpenAPIObject {
  const headers = mapValues(HEADERS, (description) => ({ description, schema: { type: 'string' as const } }));
  const components = { ...document.components, headers };
  return mapOperations({ ...document, components }, (operation) => ({
    ...operation,
    responses: mapValues(operation.responses, (response, status) =>
      response === undefined || '$ref' in response ? response : answered(response, status),
    ),
  }));
}

function answered(response: Response, status: string): Response {
  const names: Header[] = ['X-Request-Id', ...(OF_STATUS[status] ?? []), ...ofContent(response, status)];
  const headers = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
  return { ...response, headers: { ...headers, ...response.headers } };
}

/** What has a version is shown with it, and where it is when it is new. */
function ofContent({ content }: Response, status: string): Header[] {
  const schema = content?.['application/json']?.schema;
  if (schema === undefined || !('$ref' in schema) || !VERSIONED.includes(schema.$ref)) return [];
  return status === '201' ? ['ETag', 'Location'] : ['ETag'];
}
