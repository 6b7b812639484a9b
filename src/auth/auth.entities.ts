import { AuditEventEntity } from '../audit/audit-event.entity';
import { AllowedAppEntity, SetUpStepEntity } from './allowlist/allowed-app.entity';
import { AuthRejectionEntity } from './rejections/auth-rejection.entity';

/** The tables of the auth and audit modules. */
export const AUTH_ENTITIES = [AllowedAppEntity, SetUpStepEntity, AuthRejectionEntity, AuditEventEntity];
