/** One fault in a request: `path` is where (`data.essentials.alertId`), `message` what is wrong and what would be right. */
export interface FieldError {
  path: string;
  message: string;
}

/**
 * The caller is wrong (4xx), or has to wait (503). `code` is stable and part of the API; `detail` is for an operator and
 * holds ids, never tokens or payloads. One filter turns it into `application/problem+json`.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    /** Further members of the problem document, such as `errors`, `allowed`, `deliveryId`. */
    readonly members: Readonly<Record<string, unknown>> = {},
    /** Headers of the answer, such as `Retry-After`. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(`${code}: ${detail}`);
  }
}

/** 404 for `what` (in words a user knows: "work item INC0000001"). */
export function notFound(what: string): DomainError {
  return new DomainError(404, 'not_found', `There is no ${what}.`);
}

/** 400 that names every faulty field, once in `detail` however much is wrong with it; an empty path is the body as a whole. */
export function invalidRequest(errors: readonly FieldError[]): DomainError {
  const paths = [...new Set(errors.map(({ path }) => (path === '' ? 'the body' : path)))];
  const detail = `The request has ${paths.length} faulty field(s): ${paths.join(', ')}.`;
  return new DomainError(400, 'invalid_request', detail, { errors });
}

/** 503 with `Retry-After`: try again later, nothing is wrong with the request. */
export function unavailable(code: string, detail: string, retryAfterSeconds = 5): DomainError {
  return new DomainError(503, code, detail, {}, { 'retry-after': String(retryAfterSeconds) });
}
