import { redactText } from '../../common/redact-text.rules';
import { oneLine } from '../../common/text.rules';

const MAX_ERROR = 1_000;

/** Enough for what is kept; the rest of a message of a megabyte need not be searched. */
const MAX_READ = 20_000;

/**
 * What is kept of an error: its class, the driver's code and the message in one line. Never its stack, a statement or the
 * values in it: a database quotes them in what it says, and so does what parses JSON.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return 'Error: it says nothing';
  const driver = (error as { driverError?: unknown }).driverError;
  const code = codeOf(driver) ?? codeOf(error);
  const name = code === null ? error.name : `${error.name} (${code})`;
  const said = withoutValues(error.message.slice(0, MAX_READ));
  return oneLine(redactText(`${name}: ${said}`), MAX_ERROR);
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
 * from the first quote to the last goes, but for names, and where the last one may not be the end, all behind it.
 */
function withoutValues(message: string): string {
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

function codeOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : null;
}
