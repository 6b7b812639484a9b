import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { existingItem } from '../items/existing-item';
import { walkImpact } from './impact-store';
import { degradedItems, hitItems, worstHit, type ReachedItem } from './impact-walk.rules';
import type { ImpactDto, WorstHitDto } from './impact.dto';

/** Tells who is hit if an item fails. */
@Injectable()
export class ImpactService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async of(itemId: string, depth: number): Promise<ImpactDto> {
    const { manager } = this.dataSource;
    const { id, name, className, criticality, status } = await existingItem(manager, itemId);
    const { walks, graph } = await walkImpact(manager, [[id]], { depth });
    const [walk] = walks;
    if (walk === undefined) throw new Error('A walk that was begun is missing.');
    return {
      start: { id, name, className, criticality, status },
      hit: hitItems(walk, graph),
      degraded: degradedItems(walk, graph),
      worst: worstOf(worstHit(walk, graph)),
      ...{ truncated: walk.isTruncated, depth },
    };
  }
}

function worstOf(hit: ReachedItem | null): WorstHitDto | null {
  if (hit === null) return null;
  const { criticality, id, name, path } = hit;
  return { criticality, id, name, path };
}
