import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { REDACTED, redactSecrets, redactText } from '../redact-text.rules';

/** What a caller may choose as its request id; anything else is replaced, so that no header or log line can be forged. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,100}$/;

/** The caller's `X-Request-Id` where it is usable and no token, else a new one. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) && redactSecrets(given) === given ? given : randomUUID();
}

/** Path of a request without its query, and without what somebody has put into it by mistake: neither may be kept or logged. */
export function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  const path = end === -1 ? url : url.slice(0, end);
  const decoded = decodedOf(path);
  const clean = redactText(decoded);
  if (clean !== decoded) return encodeURI(clean.toWellFormed()).replaceAll(ENCODED, REDACTED);
  return decoded === path ? clean : redactText(path);
}

const ENCODED = encodeURI(REDACTED);

/** What is no valid escape stays as it is: `%ff` beside a secret must not hide it. */
function decodedOf(path: string): string {
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes.replace(/%[0-7][0-9a-f]/gi, decodeURIComponent);
    }
  });
}
