/** What stands where something was taken out. */
export const REDACTED = '[redacted]';

/** Whether something was taken out of a text. */
export function isRedacted(text: string): boolean {
  return text.includes(REDACTED);
}

/** Parameters of a URL that carry a secret; the short ones are ordinary words anywhere else. */
const URL_SECRET =
  /((?:[?&]|%3F|%26)(?:sig|signature|code|token|(?:access|refresh|id|sas)_?token|key|(?:api|access|account|subscription|functions|x-functions)[-_]?key|secret|client_?secret|pass|password|passwd|pwd|assertion)(?:=|%3D))(?:(?!%26)[^&\s"'<>#;\\])+/gi;

/** `Password=…;`, `"accessToken": "…"` and the like: connection strings, and JSON inside a text. */
const NAMED_SECRET =
  /\b((?:password|passwd|pwd|client_?secret|(?:access|refresh)_?token|(?:api|account|sharedaccess)_?key|sharedaccesssignature)\\?["']?\s{0,4}[=:]\s{0,4}\\?["']?)[^\s"'\\;,&<>=}[][^\s"'\\;,&<>}]*/gi;

/** The scheme goes with the credential. */
const AUTHORIZATION =
  /\b(authorization\\?["']?\s{0,4}[=:]\s{0,4}\\?["']?)[^\s"'\\,;[][^\s"'\\,;]*(?:\s{1,4}[^\s"'\\,;]+)?/gi;

const BEARER = /\b(bearer\s{1,4})[\w.~+/=-]{8,}/gi;

/** Only from the start of a run of its characters: a text of nothing but half tokens must not be tried from each of them. */
const JSON_WEB_TOKEN = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g;

/** User and password before a host name. */
const URL_USER = /(:\/\/)[^\s/?#:@]{1,256}:[^\s/?#@]{1,512}@/g;

/** A text that matches none of these holds none of the above; most texts are spared six searches by this one. */
const HINT =
  /(?:[?&]|%3F|%26)(?:sig|code|key|pass|api|acc|sub|func|x-f|sas|id_?t|ref|ass)|passw|pwd|secret|token|access_?key|(?:api|account)_?key|accesssignature|authorization|bearer|eyJ|:\/\/[^/?#@:]*:[^/?#@]*@/i;

/**
 * Takes out of a text what must not be stored: secrets in URLs, connection strings and headers, JSON web tokens. Returns
 * the same text when there is none, and is idempotent. It knows names and shapes; a bare password in prose it can't see.
 */
export function redactSecrets(text: string): string {
  return withoutSecrets(text, withoutCredentials);
}

/** As {@link redactSecrets}, of what can be nothing else; in the name of a rule, the word behind "bearer" or "authorization:" can. */
export function redactPlainSecrets(text: string): string {
  return withoutSecrets(text, (same) => same);
}

function withoutSecrets(text: string, withoutMore: (text: string) => string): string {
  if (text.length < 8 || !HINT.test(text)) return text;
  return withoutMore(text.replace(URL_USER, `$1${REDACTED}@`).replace(URL_SECRET, `$1${REDACTED}`))
    .replace(NAMED_SECRET, `$1${REDACTED}`)
    .replace(JSON_WEB_TOKEN, REDACTED);
}

function withoutCredentials(text: string): string {
  return text.replace(AUTHORIZATION, `$1${REDACTED}`).replace(BEARER, `$1${REDACTED}`);
}

/** As {@link redactSecrets}, and without e-mail addresses: for what is only told of, in a log, an error or a record of a refusal. */
export function redactText(text: string): string {
  return redactEmails(redactSecrets(text));
}

const LOCAL_PART = /[\p{L}\p{N}._+'-]+$/u;
const DOMAIN = /^(?:[\p{L}\p{N}-]{1,63}\.)+\p{L}{2,63}/u;

/** Longest local part that is looked for; RFC 5321 allows 64 characters. */
const LOCAL_LENGTH = 128;
const DOMAIN_LENGTH = 255;

/**
 * Takes e-mail addresses out of a text. Looks around each at-sign (or its URL form) rather than for a whole pattern from
 * each character on, so that its time grows with the length of the text and no text makes it hang.
 */
export function redactEmails(text: string): string {
  return redactAround(redactAround(text, '@'), '%40');
}

function redactAround(text: string, sign: string): string {
  let clean = '';
  let done = 0;
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
    const address = addressAround(text, { at, from: done, sign });
    if (address === null) continue;
    clean += text.slice(done, address.start) + REDACTED;
    done = address.end;
  }
  return done === 0 ? text : clean + text.slice(done);
}

function addressAround(text: string, { at, from, sign }: { at: number; from: number; sign: string }) {
  const behind = at + sign.length;
  const domain = DOMAIN.exec(text.slice(behind, behind + DOMAIN_LENGTH))?.[0];
  if (domain === undefined) return null;
  const local = LOCAL_PART.exec(text.slice(Math.max(from, at - LOCAL_LENGTH), at))?.[0];
  return local === undefined ? null : { start: at - local.length, end: behind + domain.length };
}
