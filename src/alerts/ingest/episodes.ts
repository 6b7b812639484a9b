import type { DeliveryCondition, NormalizedDelivery } from '../rules/normalized-delivery';
import { episodeKeyUnder, newEpisode, type Episode } from './episode';

/** The alerts that a batch meets, by key and by signature; those that it makes are added. */
export class Episodes {
  private readonly bySignature = new Map<string, Episode[]>();

  constructor(
    private readonly byKey: Map<string, Episode>,
    private readonly newId: () => string,
  ) {
    for (const episode of byKey.values()) this.index(episode);
  }

  ofSignature(signature: string): readonly Episode[] {
    return this.bySignature.get(signature) ?? [];
  }

  /**
   * The alert that a delivery is about: the known one of its key, or a new one. An alert has one signature; `left` is the
   * one that it had until now, where the delivery gives it another. Where the first alert of an id is gone, those that the id
   * has under other signatures are not.
   */
  of(alert: NormalizedDelivery): { episode: Episode; left: string | null } {
    const known = this.byKey.get(alert.episodeKey);
    if (known?.signature === alert.signature) return { episode: known, left: null };
    const ownKey = episodeKeyUnder(alert);
    const own = this.byKey.get(ownKey);
    if (own !== undefined) return { episode: own, left: null };
    if (known === undefined) return { episode: this.add(alert, alert.episodeKey), left: null };
    if (!mayRename(known, alert.condition)) return { episode: known, left: null };
    if (known.occurrences === 0) return { episode: known, left: this.rename(known, alert.signature) };
    return { episode: this.add(alert, ownKey), left: null };
  }

  private add(alert: NormalizedDelivery, episodeKey: string): Episode {
    const episode = newEpisode(this.newId(), { ...alert, episodeKey });
    this.byKey.set(episodeKey, episode);
    this.index(episode);
    return episode;
  }

  private rename(episode: Episode, signature: string): string {
    const left = episode.signature;
    const others = this.ofSignature(left).filter((other) => other !== episode);
    this.bySignature.set(left, others);
    episode.signature = signature;
    this.index(episode);
    return left;
  }

  private index(episode: Episode): void {
    const others = this.bySignature.get(episode.signature);
    if (others === undefined) this.bySignature.set(episode.signature, [episode]);
    else others.push(episode);
  }
}

/** The signature is that of the first Fired; until then of the first Resolved. What follows may differ from it. */
function mayRename({ ownResolvedAt, occurrences }: Episode, condition: DeliveryCondition): boolean {
  return condition === 'fired' || (condition === 'resolved' && occurrences === 0 && ownResolvedAt === null);
}
