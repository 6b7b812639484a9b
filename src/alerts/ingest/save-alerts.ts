import type { EntityManager } from 'typeorm';
import { insertRows, sqlTime, updateRows, type SqlValue } from '../../common/sql';
import { expiryOf, isFiring, isOrphan, type Episode, type EpisodeDetail } from './episode';

/** Writes the alerts that a batch made or changed: new ones, newly described ones, and those whose times alone changed. */
export async function saveAlerts(tx: EntityManager, episodes: readonly Episode[], now: Date): Promise<void> {
  const fresh = episodes.filter(({ stored }) => !stored);
  await insertRows(
    tx,
    'alerts',
    ['id', ...TIME_COLUMNS, ...DETAIL_COLUMNS, 'episodeKey', 'createdAt'],
    fresh.map((episode) => [
      episode.id,
      ...timeValues(episode, now),
      ...detailValues(episode),
      episode.episodeKey,
      sqlTime(now),
    ]),
  );
  const known = episodes.filter(({ stored }) => stored);
  const described = known.filter(({ newDetail }) => newDetail !== null);
  await updateRows(
    tx,
    { table: 'alerts', key: 'id', columns: [...TIME_COLUMNS, ...DETAIL_COLUMNS] },
    described.map((episode) => [episode.id, ...timeValues(episode, now), ...detailValues(episode)]),
  );
  const retimed = known.filter(({ newDetail }) => newDetail === null);
  await updateRows(
    tx,
    { table: 'alerts', key: 'id', columns: TIME_COLUMNS },
    retimed.map((episode) => [episode.id, ...timeValues(episode, now)]),
  );
}

const TIME_COLUMNS = [
  'workItemId',
  'firedAt',
  'lastFiredAt',
  'ownResolvedAt',
  'resolvedAt',
  'resolvedByAlertId',
  'signature',
  'orphanKey',
  'endsSignature',
  'quietMinutes',
  'expiresAt',
  'expiredAt',
  'partOf',
  'occurrences',
  'updatedAt',
];

const DETAIL_COLUMNS = [
  'alertRule',
  'severity',
  'signalType',
  'monitoringService',
  'subscriptionId',
  'detail',
  'detailRank',
];

function timeValues(episode: Episode, now: Date): SqlValue[] {
  return [
    episode.workItem?.id ?? null,
    sqlTime(episode.firedAt),
    sqlTime(episode.lastFiredAt),
    sqlTime(episode.ownResolvedAt),
    sqlTime(episode.resolvedAt),
    episode.resolvedByAlertId,
    episode.signature,
    isOrphan(episode) ? episode.signature : null,
    episode.endsSignature ? 1 : 0,
    episode.quietMinutes,
    isFiring(episode) ? sqlTime(episode.expiresAt ?? expiryOf(episode, now)) : null,
    sqlTime(episode.expiredAt),
    episode.partOf,
    episode.occurrences,
    sqlTime(now),
  ];
}

function detailValues({ newDetail, detailRank }: Episode): SqlValue[] {
  if (newDetail === null) throw new Error('An alert is saved before anything was said of it.');
  const { alertRule, severity, signalType, monitoringService, subscriptionId, ...detail } =
    newDetail satisfies EpisodeDetail;
  return [
    alertRule?.slice(0, 500) ?? null,
    severity?.slice(0, 32) ?? null,
    signalType?.slice(0, 64) ?? null,
    monitoringService.slice(0, 100),
    subscriptionId?.slice(0, 64) ?? null,
    JSON.stringify(detail),
    detailRank,
  ];
}
