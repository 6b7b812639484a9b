import type { FuzzCase } from './cases';

/** What was answered to a case. */
export interface FuzzAnswer {
  status: number;
  contentType: string;
  body: string;
}

/** 503 is an answer by design where it says so by one of these codes. */
const BY_DESIGN = ['keys_unavailable', 'overloaded', 'database_unavailable', 'allowlist_unavailable'];

/** What is wrong with an answer; null = nothing. */
export function faultOf(
  { request, mustBeRefused }: FuzzCase,
  { status, contentType, body }: FuzzAnswer,
): string | null {
  const where = `${status} to ${request.method} ${request.path.slice(0, 200)}`;
  if (status === 503 && BY_DESIGN.some((code) => body.includes(`"code":"${code}"`))) return null;
  if (status >= 500) return `${where}: ${body.slice(0, 300)}`;
  if (mustBeRefused && status < 400) return `${where}: a token that nobody has signed was let in`;
  if (status >= 400 && !contentType.startsWith('application/problem+json')) return `${where}: no problem document`;
  if (
    status >= 400 &&
    /node_modules|at \w+ \(|SQLITE_|ER_[A-Z]{3}|SELECT |INSERT INTO/.test(body.replaceAll(request.path, ''))
  )
    return `${where}: shows internals: ${body.slice(0, 300)}`;
  return null;
}
