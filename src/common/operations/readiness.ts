import { Injectable, Logger } from '@nestjs/common';
import { withinTime } from '../within-time';

/** Resolves when all is well. What it throws goes into the log; the one who asks is told the words it was registered with. */
export type ReadinessCheck = () => Promise<void> | void;

/**
 * The state of everything that a request needs. Anybody may ask, so it tells what is missing, never how it failed. What is down
 * and covered does not make it unready: alerts are taken all the same, and only here.
 */
export interface Readiness {
  ready: boolean;
  checks: Record<string, CheckOutcome>;
}

/** With the figures that a check tells besides. */
type CheckOutcome = ({ status: 'up' } | { status: 'down'; reason: string; coveredBy?: string }) & Figures;

type Figures = Partial<Record<'bytes' | 'oldestAgeSeconds', number>>;

interface Cover {
  by: string;
  holds: () => boolean;
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
  private readonly covers = new Map<string, Cover>();
  private readonly figures = new Map<string, () => Figures>();
  private shared: { result: Promise<Readiness>; until: number } | null = null;

  /** `reason` is what a failure is called in the answer. */
  register(name: string, reason: string, check: ReadinessCheck): void {
    this.checks.set(name, { check, reason, isDown: false, running: null });
  }

  /** While `holds`, alerts don't need what these checks ask for. */
  cover(names: readonly string[], cover: Cover): void {
    for (const name of names) this.covers.set(name, cover);
  }

  /** Has a check tell figures besides, whether it is up or down. */
  tell(name: string, figures: () => Figures): void {
    this.figures.set(name, figures);
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
    const ready = results.every(([, each]) => each.status === 'up' || each.coveredBy !== undefined);
    return { ready, checks: Object.fromEntries(results) };
  }

  private async outcomeOf(name: string, registered: Registered): Promise<CheckOutcome> {
    const error = await this.failureOf(registered);
    if (error !== null && !registered.isDown) this.logger.warn({ msg: 'not ready', check: name, err: error });
    if (error === null && registered.isDown) this.logger.log({ msg: 'ready again', check: name });
    registered.isDown = error !== null;
    const figures = this.figures.get(name)?.() ?? {};
    if (error === null) return { status: 'up', ...figures };
    const cover = this.covers.get(name);
    const coveredBy = cover?.holds() ? { coveredBy: cover.by } : {};
    return { status: 'down', reason: registered.reason, ...coveredBy, ...figures };
  }

  private failureOf(registered: Registered): Promise<Error | null> {
    registered.running ??= settled(registered.check).finally(() => {
      registered.running = null;
    });
    return withinTime(registered.running, CHECK_TIMEOUT_MS, () => TOO_LATE);
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
