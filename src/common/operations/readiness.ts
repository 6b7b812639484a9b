import { Injectable, Logger } from '@nestjs/common';

/** Resolves when all is well. What it throws goes into the log; the one who asks is told the words it was registered with. */
export type ReadinessCheck = () => Promise<void> | void;

/** The state of everything that a request needs. Anybody may ask, so it tells what is missing, never how it failed. */
export interface Readiness {
  ready: boolean;
  checks: Record<string, { status: 'up' } | { status: 'down'; reason: string }>;
}

/** A check that takes longer counts as failed: a probe must not hang with what it probes. */
const CHECK_TIMEOUT_MS = 2_000;

/** Who asks more often gets the same answer. */
const SHARED_MS = 1_000;

interface Registered {
  check: ReadinessCheck;
  reason: string;
  isDown: boolean;
  /** The check that is under way; one that hangs is not started again. */
  running: Promise<Error | null> | null;
}

/** Each module says here how to tell whether its part can work. */
@Injectable()
export class ReadinessChecks {
  private readonly logger = new Logger(ReadinessChecks.name);
  private readonly checks = new Map<string, Registered>();
  private shared: { result: Promise<Readiness>; until: number } | null = null;

  /** `reason` is what a failure is called in the answer. */
  register(name: string, reason: string, check: ReadinessCheck): void {
    this.checks.set(name, { check, reason, isDown: false, running: null });
  }

  run(): Promise<Readiness> {
    const now = performance.now();
    if (this.shared === null || now >= this.shared.until)
      this.shared = { result: this.runAll(), until: now + SHARED_MS };
    return this.shared.result;
  }

  private async runAll(): Promise<Readiness> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, each]) => [name, await this.outcomeOf(name, each)] as const),
    );
    return { ready: results.every(([, { status }]) => status === 'up'), checks: Object.fromEntries(results) };
  }

  private async outcomeOf(name: string, registered: Registered): Promise<Readiness['checks'][string]> {
    const error = await this.failureOf(registered);
    if (error !== null && !registered.isDown) this.logger.warn({ msg: 'not ready', check: name, err: error });
    if (error === null && registered.isDown) this.logger.log({ msg: 'ready again', check: name });
    registered.isDown = error !== null;
    return error === null ? { status: 'up' } : { status: 'down', reason: registered.reason };
  }

  private failureOf(registered: Registered): Promise<Error | null> {
    registered.running ??= settled(registered.check).finally(() => {
      registered.running = null;
    });
    return withinTime(registered.running);
  }
}

/** Never rejects. */
async function settled(check: ReadinessCheck): Promise<Error | null> {
  try {
    await check();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const TOO_LATE = new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`);

async function withinTime(outcome: Promise<Error | null>): Promise<Error | null> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Error>((resolve) => {
    timer = setTimeout(() => {
      resolve(TOO_LATE);
    }, CHECK_TIMEOUT_MS);
  });
  const first = await Promise.race([outcome, timeout]);
  clearTimeout(timer);
  return first;
}
