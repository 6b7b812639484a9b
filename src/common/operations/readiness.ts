import { Injectable } from '@nestjs/common';

/** Resolves when all is well; throws (or rejects with) what is wrong, in words for an operator. */
export type ReadinessCheck = () => Promise<void> | void;

/** The state of everything that a request needs. */
export interface Readiness {
  ready: boolean;
  checks: Record<string, { status: 'up' } | { status: 'down'; reason: string }>;
}

/** A check that takes longer counts as failed: a probe must not hang with what it probes. */
const CHECK_TIMEOUT_MS = 2_000;

/** Each module says here how to tell whether its part can work. */
@Injectable()
export class ReadinessChecks {
  private readonly checks = new Map<string, ReadinessCheck>();

  register(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  async run(): Promise<Readiness> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await outcomeOf(check)] as const),
    );
    return { ready: results.every(([, { status }]) => status === 'up'), checks: Object.fromEntries(results) };
  }
}

async function outcomeOf(check: ReadinessCheck): Promise<Readiness['checks'][string]> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([check(), timeout]);
    return { status: 'up' };
  } catch (error) {
    return { status: 'down', reason: error instanceof Error ? error.message : 'failed' };
  } finally {
    clearTimeout(timer);
  }
}
