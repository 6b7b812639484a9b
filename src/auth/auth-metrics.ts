import { Injectable } from '@nestjs/common';
import { REFUSAL_REASONS, type RefusalReason } from './refusal';

/** Plain counters since the start of the process; the health module shows them. */
@Injectable()
export class AuthMetrics {
  accepted = 0;
  readonly rejected = Object.fromEntries(REFUSAL_REASONS.map((reason) => [reason, 0])) as Record<RefusalReason, number>;
  /** Refused calls answered 429, as their address was refused too often; in `rejected` they are not. */
  limited = 0;
  /** Calls answered 503: keys or allowlist were not at hand, or too many suspect calls waited. */
  unavailable = 0;
  keyRefreshes = 0;
  keyRefreshFailures = 0;
  /** Refused calls that were too many to write down. */
  rejectionsDropped = 0;
}
