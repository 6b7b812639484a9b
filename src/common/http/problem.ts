import { STATUS_CODES } from 'node:http';
import { type DomainError } from '../errors';

/** RFC 9457 problem details, as every error of this API is answered. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  /** Stable; what a program decides on. */
  code: string;
  detail: string;
  /** Path of the request. */
  instance: string;
  requestId: string;
  [member: string]: unknown;
}

/** Where a problem occurred. */
export interface ProblemContext {
  path: string;
  requestId: string;
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** The problem document of an error that is the caller's to know. */
export function problemOf(error: DomainError, { path, requestId }: ProblemContext): Problem {
  return {
    type: `urn:secure-export:problem:${error.code}`,
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    code: error.code,
    detail: error.detail,
    instance: path,
    requestId,
    ...error.members,
  };
}
