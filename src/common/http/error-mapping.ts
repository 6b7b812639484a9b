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
  const refusal = refusalByCode(error);
  if (refusal !== null) return { answer: refusal, report: false };
  if (error instanceof HttpException) return { answer: httpError(error), report: error.getStatus() >= 500 };
  if (isDatabaseAway(error)) return { answer: DATABASE_AWAY, report: true };
  return { answer: INTERNAL, report: true };
}

/** The caller hung up before its request was whole: nobody reads the answer, and nothing is wrong here. */
export const ABORTED = new DomainError(400, 'request_aborted', 'The request was not sent to its end.');

const DATABASE_AWAY = unavailable('database_unavailable', 'The database can not be reached now; try again.');
const INTERNAL = new DomainError(
  500,
  'internal_error',
  'Something went wrong here; the log has the details under the request id.',
);

type Refusal = readonly [status: number, code: string, detail: string];

/** What the framework refuses by itself, by Fastify's code or, for what Nest hands on as its own exception, by status. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  // What serves files refuses a path outside of its folder with 403; our own guard answers for itself.
  403: [404, 'not_found', 'There is nothing at this address.'],
  404: [404, 'not_found', 'There is nothing at this address.'],
  413: [413, 'body_too_large', 'The body is larger than BODY_LIMIT_BYTES allows.'],
  415: [415, 'unsupported_media_type', 'Send the body as application/json, not compressed.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'unsupported_media_type', 'Send the body as application/json, not compressed.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'invalid_json', 'The body is empty.'],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, 'invalid_json', 'The body is not JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'invalid_json', 'The body is not as long as its Content-Length says.'],
  FST_ERR_BAD_URL: [400, 'invalid_url', 'The address is not a valid URL.'],
  FST_ERR_MAX_PARAM_LENGTH: [414, 'uri_too_long', 'A part of the address is too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_timeout', 'The request did not come whole in time.'],
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'The headers are larger than this service takes.'],
};

/** What can't even be read as HTTP. */
export function mapClientError(error: unknown): DomainError {
  return refusalByCode(error) ?? new DomainError(400, 'invalid_request', 'The request is not valid HTTP.');
}

function httpError(error: HttpException): DomainError {
  const status = error.getStatus();
  const refusal = REFUSALS[status];
  if (refusal !== undefined) return new DomainError(...refusal);
  return new DomainError(status, status >= 500 ? 'internal_error' : 'invalid_request', error.message);
}

function refusalByCode(error: unknown): DomainError | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  const refusal = typeof code === 'string' ? REFUSALS[code] : undefined;
  return refusal === undefined ? null : new DomainError(...refusal);
}
