import { redactText } from './redact-text.rules';

/** The rest of a message of a megabyte need not be searched. */
const MAX_READ = 20_000;

/** The code of the driver, such as `ER_DUP_ENTRY`, or the error's own; null for none. */
export function codeOf(error: unknown): string | null {
  return ownCodeOf((error as { driverError?: unknown } | null | undefined)?.driverError) ?? ownCodeOf(error);
}

/**
 * What an error says, for a log line: without secrets, and that of a database without the values it quotes
 * (`Duplicate entry '…' for key 'ux_alerts_episode'`). What our own code says quotes names and numbers, and is left whole.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return redactText(String(error));
  return redactText(isOfDatabase(error) ? withoutValues(error.message) : error.message);
}

function isOfDatabase(error: Error): boolean {
  return 'driverError' in error || 'sqlState' in error || /^(?:ER|SQLITE)_/.test(codeOf(error) ?? '');
}

function ownCodeOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : null;
}

const MASK = '…';

/** Columns, keys, tables and parts of a statement: they tell what is wrong. */
const NAME = String.raw`\b(?:column|key|table|field|index|constraint|database) '[\w$.-]+'(?!\w)|\bin '(?:[a-z]+ ){1,3}(?:list|clause|statement)'`;

/** A quote, and not the apostrophe of "doesn't"; or, as `name`, a name with those around it. */
const QUOTE = new RegExp(String.raw`(?<name>${NAME})|"|(?<!\p{L})'|'(?!\p{L})`, 'giu');

/** What MySQL and MariaDB add to a value. */
const NAMED_AT_THE_END =
  / for (?:column|key|index|constraint) (?:'[\w$.-]+'|`[\w$-]+`(?:\.`[\w$-]+`){0,2})(?: at row \d+)?$/;

/** What may follow a value, though the quote before it is of another kind than the first one. */
const AFTER_A_VALUE = /^(?:\.{3} is not valid JSON| is not valid JSON| at (?:row|line) \d+)$/;

/** MySQL and MariaDB cut what they say at 512 bytes, perhaps within a value. */
const MAY_BE_CUT_BYTES = 500;

/**
 * A message without the values that it quotes. Quotes within a value are not escaped, so nobody can say where it ends: all
 * from the first quote to the last goes, but for names, and where the last one may not be the end, all behind it. Of a long message, the first 20,000 characters.
 */
export function withoutValues(text: string): string {
  const message = text.slice(0, MAX_READ);
  const open = quotesIn(message)[0];
  if (open === undefined) return message;
  const quote = message.charAt(open);
  const head = `${message.slice(0, open)}${quote}${MASK}${quote}`;
  const named = NAMED_AT_THE_END.exec(message);
  if (named !== null) return head + named[0];
  const close = quotesIn(message).at(-1) ?? open;
  const rest = message.slice(close + 1);
  const isEnd = close > open && message.charAt(close) === quote && Buffer.byteLength(message) < MAY_BE_CUT_BYTES;
  return isEnd || AFTER_A_VALUE.test(rest) ? head + rest : head;
}

/** Where a message has quotes that are not those of a name. */
function quotesIn(message: string): number[] {
  return [...message.matchAll(QUOTE)].flatMap(({ index, groups }) => (groups?.name === undefined ? [index] : []));
}
