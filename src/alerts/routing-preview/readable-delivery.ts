import { checkPayload } from '../payload/check-payload';
import { confined, type Caller } from '../rules/confine.rules';
import { normalize, type NormalizeContext } from '../rules/normalize';
import { classify, type ClassifiedAlert } from '../rules/family.rules';
import type { NormalizedDelivery } from '../rules/normalized-delivery';

/** What a body says, or why it says nothing that routing could work on. */
export type ReadableDelivery =
  | { kind: 'alert'; alert: NormalizedDelivery; classified: ClassifiedAlert }
  | { kind: 'unreadable'; code: string; detail: string };

/** What a body does not say itself; without a caller it is read as if Azure Monitor itself had sent it. */
interface ReadContext extends Omit<NormalizeContext, 'isRedacted'> {
  caller?: Caller;
}

/** Reads the body of a stored delivery; one that was cleared in the meantime says nothing. */
export function readStored(body: string, context: ReadContext): ReadableDelivery {
  try {
    return readDelivery(JSON.parse(body), context);
  } catch (error) {
    if (error instanceof SyntaxError) return NOT_KEPT;
    throw error;
  }
}

const NOT_KEPT = { kind: 'unreadable', code: 'not_kept', detail: 'Its body is no longer kept.' } as const;

/** Reads a redacted body as intake does. */
export function readDelivery(redacted: unknown, { caller, ...context }: ReadContext): ReadableDelivery {
  const check = checkPayload(redacted);
  switch (check.kind) {
    case 'common': {
      const alert = normalize(check.payload, { ...context, isRedacted: true });
      const classified = classify(check.payload.data);
      return { kind: 'alert', alert: caller === undefined ? alert : confined(alert, caller), classified };
    }
    case 'not_common_schema':
      return { kind: 'unreadable', code: check.kind, detail: check.detail };
    case 'invalid_payload': {
      const faults = check.errors.map(({ path, message }) => `${path} ${message}`).join('; ');
      return { kind: 'unreadable', code: check.kind, detail: `The payload breaks the common alert schema: ${faults}.` };
    }
  }
}
