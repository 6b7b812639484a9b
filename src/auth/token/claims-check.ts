import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../common/config';
import { AccessControl } from '../access-control';
import type { AccessRule } from '../decorators';
import { KeyRing } from '../keys/key-ring';
import type { Refusal } from '../refusal';
import type { BearerToken } from './bearer.rules';
import { explain } from './explain.rules';
import { judge } from './judge.rules';

/** What can be said about a token before anybody has looked at its signature. */
@Injectable()
export class ClaimsCheck {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly keyRing: KeyRing,
    private readonly accessControl: AccessControl,
  ) {}

  /**
   * Why a token would be refused even if its signature were good. null: it may be a good one, or it can't be told now.
   * Without a rule, it is about the token alone.
   */
  faultOf({ claims }: BearerToken, rule: AccessRule | undefined): Refusal | null {
    const now = new Date();
    const issuer = this.keyRing.issuerFor(claims);
    if (issuer === null) return null;
    const { audiences, clockSkewSeconds } = this.config;
    const fault = explain(claims, { issuer, audiences, clockSkewSeconds }, now);
    if (fault.reason !== 'bad_signature') return fault;
    const identity = judge(claims, this.config, now);
    return identity.kind === 'refused' ? identity : this.accessControl.faultOf(identity, rule);
  }
}
