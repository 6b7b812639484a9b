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

/** Names of columns, keys and tables stay: they tell what is wrong. */
function withoutValues(message: string): string {
  return message
    .replace(/\bnear '.*'/s, `near '${MASK}'`)
    .replace(/\b(entry|value:?) '.*'(?= for )/s, `$1 '${MASK}'`)
    .replace(/(\b(?:column|key|table|field|index|constraint) )?'(?:[^'\\]|\\.)*'/gi, (whole, name) =>
      name === undefined ? `'${MASK}'` : whole,
    )
    .replace(/"(?:[^"\\]|\\.)*"/g, `"${MASK}"`);
}

function codeOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : null;
}
