/** Half of a character, which no database stores, can come in escaped form only. */
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;

/** Some senders write one, .NET among them; RFC 8259, section 8.1, lets a reader ignore it. */
const BYTE_ORDER_MARK = /^\ufeff/;

function wellFormed(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

/** Reads JSON that comes from outside; throws where it is none. Texts in it are whole characters, member names may not be. */
export function readJson(text: string): unknown {
  return JSON.parse(
    text.replace(BYTE_ORDER_MARK, ''),
    ESCAPED_SURROGATE.test(text) ? wellFormed : undefined,
  ) as unknown;
}
