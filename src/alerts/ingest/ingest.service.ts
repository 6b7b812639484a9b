import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../../common/clock';
import { newId } from '../../common/ids';
import { Transactions } from '../../common/transactions';
import { numberOf } from '../../work-items/number.rules';
import type { BindingOfWorkItem } from '../../work-items/binding-timeline';
import type { WorkItemRecord } from '../../work-items/work-item.record';
import { WorkItemsService, type WorkItemChanges } from '../../work-items/work-items.service';
import { errorText } from '../deliveries/attempt-error.rules';
import { saveAttempts } from '../deliveries/attempts';
import { fold } from './fold.rules';
import type { AcceptedDelivery, DeliveryOutcome, Folded, FoldResult, IngestState } from './ingest-state';
import { gather, type Gathered } from './gather';
import { loadState } from './load-state';
import { saveAlerts } from './save-alerts';
import { RoutingService, type Routed } from './routing.service';
import {
  parkDelivery,
  rewriteDelivery,
  saveDeliveries,
  storedIds,
  type Envelope,
  type RejectedDelivery,
} from './save-deliveries';

/** A delivery on its way into the database. */
export type Delivery = AcceptedDelivery | RejectedDelivery;

/** What became of a delivery: the answer to the caller. */
export interface IngestResult {
  deliveryId: string;
  outcome: DeliveryOutcome | 'rejected' | 'parked' | 'spooled';
  /** Id of the alert's row; null for what is no alert. */
  alertId: string | null;
  workItems: { number: string; type: string; state: string }[];
}

/** Why a delivery is parked. */
interface Fault {
  code: string;
  error: unknown;
}

/** What would become of a delivery. */
export interface Forecast {
  outcome: DeliveryOutcome;
  /** `number` is null for one that would be opened. */
  workItems: { number: string | null; type: string; state: string }[];
}

/** Takes arrays of deliveries into the database: load, decide, save, in one transaction for the whole array. */
@Injectable()
export class IngestService {
  constructor(
    private readonly transactions: Transactions,
    private readonly workItems: WorkItemsService,
    private readonly routing: RoutingService,
    private readonly clock: Clock,
  ) {}

  /**
   * All or nothing; the results are in the order of the deliveries. Deliveries of one array may repeat each other. Those of
   * `mayBeStored` were handed in before, by a transaction that nobody waited for to the end: what it stored stays as it is.
   */
  async ingest(deliveries: readonly Delivery[], mayBeStored: readonly string[] = []): Promise<IngestResult[]> {
    const results = await this.transactions.run(async (tx) => {
      const stored = await storedIds(tx, mayBeStored);
      const fresh = deliveries.filter(({ id }) => !stored.has(id));
      const accepted = fresh.filter((delivery) => delivery.kind === 'accepted');
      const rejected = fresh.filter((delivery) => delivery.kind === 'rejected');
      const gathered = accepted.length > 0 ? await this.process(tx, accepted) : [];
      await saveDeliveries(tx, gathered, rejected);
      return [...gathered.map(resultOf), ...rejected.map(rejection), ...[...stored].map(storedBefore)];
    });
    const byId = new Map(results.map((result) => [result.deliveryId, result]));
    return deliveries.map(({ id }) => byId.get(id) as IngestResult);
  }

  /** Takes a delivery in whose row is there already, and locked. */
  async takeStored(tx: EntityManager, delivery: AcceptedDelivery): Promise<IngestResult> {
    const [gathered] = await this.process(tx, [delivery]);
    await rewriteDelivery(tx, gathered as Gathered);
    return resultOf(gathered as Gathered);
  }

  /** What would become of a delivery now. Nothing is written: what it meets is locked for as long as it takes to decide. */
  async foretell(delivery: AcceptedDelivery): Promise<Forecast> {
    const bindings = await this.routing.previewBindings([delivery]);
    return this.transactions.run(async (tx) => {
      const state = await loadState(tx, [delivery]);
      const routed = await this.routing.routeBound(tx, { accepted: [delivery], bindings }, state);
      const { folded } = fold(state, routed.deliveries, { now: this.clock.now(), newId });
      const [gathered] = gather([delivery], folded, state);
      return forecastOf(gathered as Gathered);
    });
  }

  /** Which of these deliveries are in the database: committed, though perhaps not on its disk yet, see {@link prove}. */
  async stored(ids: readonly string[]): Promise<Set<string>> {
    return this.transactions.run((tx) => storedIds(tx, ids));
  }

  /** Keeps a delivery that the pipeline itself fails on, to be replayed when the fault is mended. */
  async park(delivery: Envelope, fault: Fault): Promise<IngestResult> {
    await this.transactions.run((tx) => this.writeParked(tx, delivery, fault));
    return { deliveryId: delivery.id, outcome: 'parked', alertId: null, workItems: [] };
  }

  /**
   * Parks the plainest delivery there is, and takes it away again. Resolves when the database takes what it must take in any case, and
   * all that it has shown so far is on its disk: InnoDB shows a commit before that, and one that comes after it waits for it.
   */
  async prove(): Promise<void> {
    const id = newId();
    const trial = { id, receivedAt: this.clock.now(), callerAppId: id, callerScopes: [], requestId: id, body: '{}' };
    await this.transactions.run(async (tx) => {
      await this.writeParked(tx, trial, { code: 'trial', error: null });
      await tx.query('DELETE FROM delivery_attempts WHERE deliveryId = ?', [id]);
      await tx.query('DELETE FROM deliveries WHERE id = ?', [id]);
    });
  }

  private async writeParked(tx: EntityManager, delivery: Envelope, { code, error }: Fault): Promise<void> {
    const by = { actor: 'system', actorName: null, kind: 'first' } as const;
    const what = { outcome: 'parked', code, error: errorText(error) };
    await parkDelivery(tx, delivery, code);
    await saveAttempts(tx, [{ deliveryId: delivery.id, at: this.clock.now(), ...by, ...what }]);
  }

  private async process(tx: EntityManager, accepted: readonly AcceptedDelivery[]): Promise<Gathered[]> {
    const state = await loadState(tx, accepted);
    const routed = await this.routing.route(tx, accepted, state);
    const slotsBefore = noteSlots(state);
    const now = this.clock.now();
    const result = fold(state, routed.deliveries, { now, newId });
    const gathered = gather(accepted, result.folded, state);
    const slots = changedSlots(signaturesOf(gathered, result), state, slotsBefore);
    const { workItems, timeline } = result;
    const bindings = bindingsOf(result.folded, routed);
    await this.workItems.save(tx, { workItems: [...workItems], timeline, slots, bindings }, now);
    await saveAlerts(tx, [...result.episodes], now);
    return gathered;
  }
}

/** The configuration items of the occurrences that count for a work item. */
function bindingsOf(folded: readonly Folded[], { bindings }: Routed): BindingOfWorkItem[] {
  return folded.flatMap(({ delivery, joined }) => {
    const binding = bindings.get(delivery.alert.deliveryKey);
    if (joined === null || binding === undefined) return [];
    return [{ workItem: joined, binding, deliveryId: delivery.id, at: delivery.alert.eventAt }];
  });
}

/**
 * The signatures that a batch decided about: those of its alerts, and those of the parts that they were cut into. An alert
 * that was cut up needs its own slot too: there it meets its end, should that come at the same time.
 */
function signaturesOf(gathered: readonly Gathered[], { folded }: FoldResult): ReadonlySet<string> {
  const decided = [...gathered, ...folded].filter(({ outcome }) => outcome !== 'duplicate');
  return new Set(decided.map(({ delivery }) => delivery.alert.signature));
}

/** What a slot held before a batch was folded, which changes work items in place. */
interface SlotBefore {
  workItem: WorkItemRecord | null;
  title: string | null;
}

function noteSlots({ slots }: IngestState): Map<string, SlotBefore> {
  return new Map([...slots].map(([signature, workItem]) => [signature, { workItem, title: workItem?.title ?? null }]));
}

/**
 * The slots whose work item is another one now, or is called otherwise (an earlier occurrence gives it its title), and a slot
 * for each signature that had none.
 */
function changedSlots(
  signatures: ReadonlySet<string>,
  state: IngestState,
  slotsBefore: ReadonlyMap<string, SlotBefore>,
): WorkItemChanges['slots'] {
  return [...signatures].flatMap((signature) => {
    const workItem = state.slots.get(signature) ?? null;
    const before = slotsBefore.get(signature);
    const isSame = before?.workItem === workItem && before.title === (workItem?.title ?? null);
    return isSame ? [] : [{ signature, workItem, isNew: before === undefined }];
  });
}

function resultOf({ delivery, outcome, alertId, workItems }: Gathered): IngestResult {
  return { deliveryId: delivery.id, outcome, alertId, workItems: workItems.map(summaryOf) };
}

function forecastOf({ outcome, workItems }: Gathered): Forecast {
  return {
    outcome,
    workItems: workItems.map(({ id, type, state }) => ({
      number: id === null ? null : numberOf({ type, id }),
      type,
      state,
    })),
  };
}

function summaryOf({ id, type, state }: NonNullable<Folded['workItem']>): IngestResult['workItems'][number] {
  if (id === null) throw new Error('A work item is told of before it was inserted.');
  return { number: numberOf({ type, id }), type, state };
}

function storedBefore(deliveryId: string): IngestResult {
  return { deliveryId, outcome: 'duplicate', alertId: null, workItems: [] };
}

function rejection({ id }: RejectedDelivery): IngestResult {
  return { deliveryId: id, outcome: 'rejected', alertId: null, workItems: [] };
}
