import { codeOf, withoutValues } from '../../common/error-message.rules';
import { redactText } from '../../common/redact-text.rules';
import { oneLine } from '../../common/text.rules';

const MAX_ERROR = 1_000;

/**
 * What is kept of an error: its class, the driver's code and the message in one line. Never its stack, a statement or the
 * values in it: a database quotes them in what it says, and so does what parses JSON.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return 'Error: it says nothing';
  const code = codeOf(error);
  const name = code === null ? error.name : `${error.name} (${code})`;
  return oneLine(redactText(`${name}: ${withoutValues(error.message)}`), MAX_ERROR);
}
