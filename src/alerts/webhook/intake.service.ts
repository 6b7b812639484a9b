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
import { IngestQueue } from '../ingest/ingest-queue';
import type { IngestResult } from '../ingest/ingest.service';
import type { Envelope, RejectedDelivery } from '../ingest/save-deliveries';
import { checkPayload, faultsOf, type PayloadCheck } from '../payload/check-payload';
import type { CommonAlertDto } from '../payload/common-alert.dto';
import { alertOf, outOfScope } from './read-alert';
import { redact } from '../../common/redact.rules';

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
        return this.reject(envelope, check, { detail: check.detail });
      case 'invalid_payload': {
        const paths = check.errors.map(({ path }) => path).join(', ');
        const detail = `The payload breaks the common alert schema at ${paths}.`;
        return this.reject(envelope, check, { detail, errors: check.errors });
      }
    }
  }

  private async accept(
    request: FastifyRequest,
    { principal, envelope, payload }: { principal: Principal; envelope: Envelope; payload: CommonAlertDto },
  ): Promise<IngestResult> {
    const caller = { appId: principal.appId, scopes: envelope.callerScopes };
    const alert = alertOf(payload, { config: this.config, receivedAt: envelope.receivedAt, caller });
    const violation = scopeViolation(principal, alert);
    if (violation === null) return this.queue.submit({ kind: 'accepted', ...envelope, alert });
    await this.keepRejected(envelope, { code: 'scope_violation', errors: outOfScope(violation) });
    throw this.rejections.refuse(request, refused('scope_violation', violation), { verified: true });
  }

  private async reject(
    envelope: Envelope,
    refusal: Exclude<PayloadCheck, { kind: 'common' }>,
    { detail, ...told }: { detail: string; errors?: FieldError[] },
  ): Promise<never> {
    const code = refusal.kind;
    await this.keepRejected(envelope, { code, errors: faultsOf(refusal) });
    throw new DomainError(400, code, detail, { deliveryId: envelope.id, ...told });
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
      callerScopes: principal.allowedApp?.scopes ?? [],
      body: JSON.stringify(redacted),
    };
  }
}
