import { In, type EntityManager } from 'typeorm';
import { decodeCursor, notOfThisList, type CursorValues } from '../../common/pagination';
import { LOOKED_UP, readAll, slicesOf } from '../../common/slices';
import { DeliveryEntity } from '../delivery.entity';
import { deliveryIds, type DeliveryFilter, type DeliveryPosition, type DeliverySlice } from './delivery-search.rules';

/** Without the body, which may have a megabyte. */
const SUMMARY = [
  'id',
  'receivedAt',
  'status',
  'outcome',
  'code',
  'duplicateOf',
  'alertId',
  'callerAppId',
  'requestId',
  'payloadRemovedAt',
] as const satisfies readonly (keyof DeliveryEntity)[];

/** A delivery without its body. */
export type DeliverySummary = Pick<DeliveryEntity, (typeof SUMMARY)[number]>;

/** Deliveries without their bodies, in the order of the slice. */
export async function findDeliveries(
  manager: EntityManager,
  filter: DeliveryFilter,
  slice: DeliverySlice,
): Promise<DeliverySummary[]> {
  const { text, values } = deliveryIds(filter, slice);
  const ids = (await manager.query<{ id: string }[]>(text, [...values])).map(({ id }) => id);
  const select = Object.fromEntries(SUMMARY.map((column) => [column, true]));
  const rows = await readAll(slicesOf(ids, LOOKED_UP), (slice) =>
    manager.find(DeliveryEntity, { select, where: { id: In(slice) } }),
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Where a list goes on behind a delivery. */
export function cursorOf({ receivedAt, id }: DeliveryPosition): CursorValues {
  return [receivedAt.getTime(), id];
}

/** The place that a cursor of a list of deliveries names; null without one. */
export function positionOf(cursor: string | null | undefined): DeliveryPosition | null {
  if (cursor === undefined || cursor === null) return null;
  const [time, id] = decodeCursor(cursor, 2);
  const isPlace = Number.isInteger(time) && Number(time) >= 0 && Number(time) < LAST_MS && typeof id === 'string';
  if (!isPlace) throw notOfThisList();
  return { receivedAt: new Date(Number(time)), id };
}

const LAST_MS = Date.UTC(9999, 11, 31);
