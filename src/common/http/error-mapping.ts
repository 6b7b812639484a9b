import { HttpException } from '@nestjs/common';
import { DomainError, unavailable } from '../errors';
import { isDatabaseAway } from '../transactions';

/** How an error is answered, and whether an operator must hear of it. */
export interface MappedError {
  answer: DomainError;
  /** The fault is ours or the world's: log it with its stack. */
  report: boolean;
}

/** The one place where errors become answers: ours as they are, the framework's by status, the database's as 503, the rest as 500 without a word of internals. */
export function mapError(error: unknown): MappedError {
  if (error instanceof DomainError) return { answer: error, report: false };
  const reading = readingError(error);
  if (reading !== null) return { answer: reading, report: false };
  if (error instanceof HttpException) return { answer: httpError(error), report: error.getStatus() >= 500 };
  if (isDatabaseAway(error))
    return {
      answer: unavailable('database_unavailable', 'The database can not be reached now; try again.'),
      report: true,
    };
  return {
    answer: new DomainError(
      500,
      'internal_error',
      'Something went wrong here; the log has the details under the request id.',
    ),
    report: true,
  };
}

/** What the framework refuses by itself, by status; Nest hands Fastify's own errors on as these too. */
const REFUSALS: ReadonlyMap<number, readonly [code: string, detail: string]> = new Map([
  [404, ['not_found', 'There is nothing at this address.']],
  [413, ['body_too_large', 'The body is larger than this service takes.']],
  [415, ['unsupported_media_type', 'Send the body as application/json.']],
]);

function httpError(error: HttpException): DomainError {
  const status = error.getStatus();
  const refusal = REFUSALS.get(status);
  if (refusal !== undefined) return new DomainError(status, ...refusal);
  return new DomainError(status, status >= 500 ? 'internal_error' : 'invalid_request', error.message);
}

/** Errors of reading the request, by Fastify's codes. */
function readingError(error: unknown): DomainError | null {
  switch (codeOf(error)) {
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new DomainError(400, 'invalid_json', 'The body is not JSON.');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new DomainError(400, 'invalid_json', 'The body is not as long as its Content-Length says.');
    case 'FST_ERR_BAD_URL':
      return new DomainError(400, 'invalid_url', 'The address is not a valid URL.');
    default:
      return null;
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
