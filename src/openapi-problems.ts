import type { OpenAPIObject } from '@nestjs/swagger';
import { PROBLEM_CONTENT_TYPE } from './common/http/problem';
import { mapOperations, mapValues, type Operation, type Response } from './openapi-operations';

const [MEDIA_TYPE = ''] = PROBLEM_CONTENT_TYPE.split(';');

/** What an operation has, and the refusals that follow from it, whatever its controller says. */
const REFUSALS: readonly { of: (operation: Operation) => boolean; answers: Record<string, string> }[] = [
  {
    of: () => true,
    answers: {
      401: 'No token, or one that is definitely bad: `invalid_token`',
      403: 'A good token that may not do this: `forbidden`',
      429: 'A call that is refused, as too many from its address were before (`too_many_refused_calls`): `Retry-After` says when it is told why again',
      503: 'The token can not be judged now, or the database is away; `Retry-After` says when to try again',
    },
  },
  {
    of: (operation) => has(operation, 'query') && operation.requestBody === undefined,
    answers: { 400: 'A value that is not as described; `errors` names each' },
  },
  {
    of: ({ requestBody }) => requestBody !== undefined,
    answers: {
      400: 'The body is not JSON (`invalid_json`), or not as described; `errors` names each value',
      413: 'The body is larger than this service takes: `body_too_large`',
      415: 'The body is not sent as JSON: `unsupported_media_type`',
    },
  },
  { of: (operation) => has(operation, 'path'), answers: { 404: 'There is no such thing: `not_found`' } },
  {
    of: (operation) => ifMatch(operation) !== undefined,
    answers: {
      400: '`If-Match` holds no ETags: `invalid_if_match`',
      412: 'Somebody else has changed it since (`version_mismatch`): `currentVersion` is what it is now',
    },
  },
  {
    of: (operation) => ifMatch(operation)?.required === true,
    answers: { 428: '`If-Match` is missing (`precondition_required`): it must hold the `ETag` that was read' },
  },
];

/**
 * Adds to every operation the problem documents that it can answer with. What a controller documents itself stays as it
 * says it, and gets the schema if it has none.
 */
export function withProblems(document: OpenAPIObject): OpenAPIObject {
  const components = { ...document.components, schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA } };
  return mapOperations({ ...document, components }, answered);
}

function answered(operation: Operation): Operation {
  const added = mapValues(refusalsOf(operation), (description) => problemResponse({ description }));
  const own = mapValues(operation.responses, (response, status) =>
    Number(status) >= 400 && response !== undefined && !('$ref' in response) ? problemResponse(response) : response,
  );
  return { ...operation, responses: { ...added, ...own } };
}

/** A status may have several causes. */
function refusalsOf(operation: Operation): Record<string, string> {
  const descriptions: Record<string, string> = {};
  for (const { of, answers } of REFUSALS) {
    if (!of(operation)) continue;
    for (const [status, text] of Object.entries(answers))
      descriptions[status] = status in descriptions ? `${descriptions[status]}. ${text}` : text;
  }
  return descriptions;
}

function problemResponse(response: Response): Response {
  return { content: { [MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } }, ...response };
}

function has({ parameters = [] }: Operation, place: string): boolean {
  return parameters.some((each) => 'in' in each && each.in === place);
}

function ifMatch({ parameters = [] }: Operation): { required?: boolean } | undefined {
  return parameters.flatMap((each) => ('in' in each && each.name === 'If-Match' ? [each] : []))[0];
}

const text = (description: string, example?: string) => ({ type: 'string', description, example }) as const;

const PROBLEM_SCHEMA = {
  type: 'object' as const,
  description: 'RFC 9457 problem details; every error is answered with one. Further members depend on `code`.',
  properties: {
    type: text('A URN of the code', 'urn:secure-export:problem:invalid_request'),
    title: text('The name of the status', 'Bad Request'),
    status: { type: 'integer' as const, description: 'The status, once more', example: 400 },
    code: text('What a program decides on; it does not change', 'invalid_request'),
    detail: text('What a person needs to know'),
    instance: text('The path of the request'),
    requestId: text('The `X-Request-Id` of the answer; the log has the rest under it'),
    errors: {
      type: 'array' as const,
      description: 'Each value that is not as it has to be',
      items: {
        type: 'object' as const,
        properties: {
          path: text('Where it stands', 'data.essentials.alertId'),
          message: text('What is wrong with it'),
        },
        required: ['path', 'message'],
      },
    },
  },
  required: ['type', 'title', 'status', 'code', 'detail', 'instance', 'requestId'],
};
