import { LOOKED_UP } from '../../common/slices';
import type { Delivery, IngestResult } from './ingest.service';

/**
 * A transaction takes at most so many deliveries: more signatures than that a server does not look up one by one, but reads all there
 * are, and waits for each that another transaction has. And so many bytes of bodies: a statement has to fit the server's packet.
 */
const MAX_BATCH = LOOKED_UP;
const MAX_BATCH_BYTES = 4_194_304;

/** There is room for so many, and so many bytes. */
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 67_108_864;

/** One that waits longer for its transaction is overdue. */
export const MAX_WAIT_MS = 4_000;

/** A delivery that waits for its transaction. */
export interface Waiting {
  delivery: Delivery;
  /** It is in the spool already, and nobody waits for the answer. */
  isSpooled: boolean;
  /** On the clock that only runs forward. */
  sinceMs: number;
  resolve: (result: IngestResult) => void;
  reject: (error: unknown) => void;
}

/** The deliveries that wait, in the order of their arrival. */
export class WaitingDeliveries {
  private all: Waiting[] = [];
  private bytes = 0;
  /** Signatures of what is under way. */
  private readonly busy = new Set<string>();

  get count(): number {
    return this.all.length;
  }

  get isFull(): boolean {
    return this.all.length >= MAX_WAITING || this.bytes >= MAX_WAITING_BYTES;
  }

  /** Whether {@link take} would take any. */
  get hasNext(): boolean {
    return this.all.some((one) => !this.isBusy(one));
  }

  add(one: Waiting): void {
    this.all.push(one);
    this.bytes += one.delivery.body.length;
  }

  /**
   * Takes the next batch; it is under way until {@link end}. What is of a signature that is under way already goes on waiting, for in
   * its transaction it would only wait for the lock that the other one holds.
   */
  take(): Waiting[] {
    const batch: Waiting[] = [];
    const rest: Waiting[] = [];
    let bytes = 0;
    let isFull = false;
    for (const one of this.all) {
      const { length } = one.delivery.body;
      isFull ||= batch.length === MAX_BATCH || (batch.length > 0 && bytes + length > MAX_BATCH_BYTES);
      if (isFull || this.isBusy(one)) {
        rest.push(one);
      } else {
        batch.push(one);
        bytes += length;
      }
    }
    this.all = rest;
    this.bytes -= bytes;
    for (const signature of signaturesOf(batch)) this.busy.add(signature);
    return batch;
  }

  /** A batch is under way no longer. */
  end(batch: readonly Waiting[]): void {
    for (const signature of signaturesOf(batch)) this.busy.delete(signature);
  }

  /** Takes what is overdue. What came out of the spool has all the time there is. */
  takeOverdue(nowMs: number): Waiting[] {
    const overdue = this.all.filter((one) => isOverdue(one, nowMs));
    if (overdue.length > 0) this.all = this.all.filter((one) => !isOverdue(one, nowMs));
    for (const { delivery } of overdue) this.bytes -= delivery.body.length;
    return overdue;
  }

  /** When the next one is overdue; null = none will be. The oldest stand first. */
  nextOverdueMs(): number | null {
    const next = this.all.find(({ isSpooled }) => !isSpooled);
    return next === undefined ? null : next.sinceMs + MAX_WAIT_MS;
  }

  /** Whether its signature is under way. */
  isBusy({ delivery }: Waiting): boolean {
    return delivery.kind === 'accepted' && this.busy.has(delivery.alert.signature);
  }
}

function isOverdue({ isSpooled, sinceMs }: Waiting, nowMs: number): boolean {
  return !isSpooled && nowMs - sinceMs >= MAX_WAIT_MS;
}

function signaturesOf(batch: readonly Waiting[]): Set<string> {
  return new Set(batch.flatMap(({ delivery }) => (delivery.kind === 'accepted' ? [delivery.alert.signature] : [])));
}
