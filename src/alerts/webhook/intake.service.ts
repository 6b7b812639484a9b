import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuthRejections } from '../../auth/rejections/auth-rejections';
import { refused } from '../../auth/refusal';
import { scopeViolation } from '../../auth/scopes.rules';
import type { Principal } from '../../auth/principal';
import { Clock } from '../../common/clock';
import { CONFIG, type Config } from '../../common/config';
import { DomainError, type FieldError } from '../../common/errors';
import { newId } from '../../common/ids';
import type { AcceptedDelivery } from '../ingest/ingest-state';
import { IngestQueue } from '../ingest/ingest-queue';
import type { IngestResult } from '../ingest/ingest.service';
import type { RejectedDelivery } from '../ingest/save-deliveries';
import { checkPayload } from '../payload/check-payload';
import type { CommonAlertDto } from '../payload/common-alert.dto';
import { confined } from '../rules/confine.rules';
import { normalize } from '../rules/normalize';
import { redact } from '../../common/redact.rules';

type Envelope = Omit<AcceptedDelivery, 'kind' | 'alert'>;

/** Takes in what a verified caller posts: check, normalize, hand over; and keeps what it refuses. */
@Injectable()
export class IntakeService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly queue: IngestQueue,
    private readonly rejections: AuthRejections,
  ) {}

  /** Resolves once the delivery is committed. A body that is refused is kept first, and then answered with a 4xx. */
  async receive(request: FastifyRequest, principal: Principal): Promise<IngestResult> {
    if (request.body === undefined) throw new DomainError(400, 'invalid_json', 'The body is empty.');
    const redacted: unknown = redact(request.body);
    const envelope = this.envelopeOf(request, principal, redacted);
    const check = checkPayload(redacted);
    switch (check.kind) {
      case 'common':
        return this.accept(request, { principal, envelope, payload: check.payload });
      case 'not_common_schema':
        return this.reject(envelope, { code: check.kind, detail: check.detail, errors: [] });
      case 'invalid_payload': {
        const paths = check.errors.map(({ path }) => path).join(', ');
        const detail = `The payload breaks the common alert schema at ${paths}.`;
        return this.reject(envelope, { code: check.kind, detail, errors: check.errors });
      }
    }
  }

  private async accept(
    request: FastifyRequest,
    { principal, envelope, payload }: { principal: Principal; envelope: Envelope; payload: CommonAlertDto },
  ): Promise<IngestResult> {
    const alert = normalize(payload, {
      tenantId: this.config.tenantId,
      receivedAt: envelope.receivedAt,
      isRedacted: true,
      expiry: this.config.alertExpiryHours,
    });
    const violation = scopeViolation(principal, alert);
    if (violation === null) {
      const caller = { appId: principal.appId, scopes: principal.allowedApp?.scopes ?? [] };
      return this.queue.submit({ kind: 'accepted', ...envelope, alert: confined(alert, caller) });
    }
    await this.keepRejected(envelope, {
      code: 'scope_violation',
      errors: [{ path: 'data.essentials.alertTargetIDs', message: violation }],
    });
    throw this.rejections.refuse(request, refused('scope_violation', violation), { verified: true });
  }

  private async reject(
    envelope: Envelope,
    { code, detail, errors }: { code: RejectedDelivery['code']; detail: string; errors: FieldError[] },
  ): Promise<never> {
    await this.keepRejected(envelope, {
      code,
      errors: errors.length > 0 ? errors : [{ path: 'schemaId', message: detail }],
    });
    const members = errors.length > 0 ? { deliveryId: envelope.id, errors } : { deliveryId: envelope.id };
    throw new DomainError(400, code, detail, members);
  }

  private async keepRejected(envelope: Envelope, why: Pick<RejectedDelivery, 'code' | 'errors'>): Promise<void> {
    await this.queue.submit({ kind: 'rejected', ...envelope, ...why });
  }

  private envelopeOf(request: FastifyRequest, principal: Principal, redacted: unknown): Envelope {
    return {
      id: newId(),
      receivedAt: this.clock.now(),
      requestId: request.id,
      callerAppId: principal.appId,
      body: JSON.stringify(redacted),
    };
  }
}
