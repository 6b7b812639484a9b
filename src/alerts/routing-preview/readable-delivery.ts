import { checkPayload } from '../payload/check-payload';
import { classify, type ClassifiedAlert } from '../rules/family.rules';
import type { NormalizedDelivery } from '../rules/normalized-delivery';
import { alertOf, type ReadContext } from '../webhook/read-alert';

/** What a body says, or why it says nothing that routing could work on. */
export type ReadableDelivery =
  | { kind: 'alert'; alert: NormalizedDelivery; classified: ClassifiedAlert }
  | { kind: 'unreadable'; code: string; detail: string };

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
export function readDelivery(redacted: unknown, context: ReadContext): ReadableDelivery {
  const check = checkPayload(redacted);
  switch (check.kind) {
    case 'common':
      return { kind: 'alert', alert: alertOf(check.payload, context), classified: classify(check.payload.data) };
    case 'not_common_schema':
      return { kind: 'unreadable', code: check.kind, detail: check.detail };
    case 'invalid_payload': {
      const faults = check.errors.map(({ path, message }) => `${path} ${message}`).join('; ');
      return { kind: 'unreadable', code: check.kind, detail: `The payload breaks the common alert schema: ${faults}.` };
    }
  }
}
