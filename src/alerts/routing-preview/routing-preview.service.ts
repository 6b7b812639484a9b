import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In } from 'typeorm';
import { Allowlist } from '../../auth/allowlist/allowlist';
import type { SaidImpact } from '../../cmdb/binding/bound-ci';
import { CmdbService } from '../../cmdb/cmdb.service';
import { Clock } from '../../common/clock';
import { CONFIG, type Config } from '../../common/config';
import { invalidRequest } from '../../common/errors';
import { setImpact } from '../../work-items/absorb.rules';
import type { RoutingRule } from '../../work-items/routing/routing-rule';
import { RoutingRules } from '../../work-items/routing/routing-rules-cache';
import { DeliveryEntity } from '../delivery.entity';
import { redact } from '../../common/redact.rules';
import { inTurns } from './in-turns';
import { proposedRules } from './proposed-rules.rules';
import { readDelivery, readStored, type ReadableDelivery } from './readable-delivery';
import {
  toErrorItemDto,
  toPreviewItemDto,
  type PreviewErrorDto,
  type PreviewOrigin,
  type RoutingPreviewDto,
  type RoutingPreviewItemDto,
  type RoutingPreviewRequestDto,
} from './routing-preview.dto';
import { differences, foresee, type Foresight } from './routing-preview.rules';

const DEFAULT_LAST = 20;

/** Bodies that are held at once; one may have a megabyte. */
const SLICE = 20;

/** A delivery to try rules on, or why there is none. */
interface Source extends PreviewOrigin {
  read: ReadableDelivery;
}

type StoredDelivery = Pick<DeliveryEntity, 'receivedAt' | 'callerAppId' | 'code' | 'body'>;

/** Which rules are tried, and which they are compared with. */
interface Trial {
  rules: readonly RoutingRule[];
  inForce: readonly RoutingRule[];
  isProposed: boolean;
}

/** What the tried rules would do to a delivery, and what those in force. */
interface Seen {
  foresight: Foresight;
  inForce: Foresight;
}

/** Shows what routing rules would do to deliveries, without doing it: it writes nothing, not even a stub. */
@Injectable()
export class RoutingPreviewService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    private readonly allowlist: Allowlist,
    private readonly cmdb: CmdbService,
    private readonly rules: RoutingRules,
    private readonly clock: Clock,
  ) {}

  async preview(request: RoutingPreviewRequestDto): Promise<RoutingPreviewDto> {
    checkSources(request);
    const inForce = this.rules.current();
    const isProposed = request.rules !== undefined;
    const trial: Trial = { rules: isProposed ? proposedRules(request.rules ?? []) : inForce, inForce, isProposed };
    const items: RoutingPreviewItemDto[] = [];
    for await (const sources of this.slicesOf(request)) items.push(...(await this.tryOn(sources, trial)));
    return { items };
  }

  /** What the rules in force would do to one delivery, as it was read. */
  async inForce(origin: PreviewOrigin, read: ReadableDelivery): Promise<RoutingPreviewItemDto> {
    const inForce = this.rules.current();
    const [item] = await this.tryOn([{ ...origin, read }], { rules: inForce, inForce, isProposed: false });
    return item as RoutingPreviewItemDto;
  }

  private async *slicesOf({ deliveries, deliveryIds, last }: RoutingPreviewRequestDto): AsyncGenerator<Source[]> {
    if (deliveries !== undefined) {
      yield inTurns(deliveries, (body) => this.given(body));
      return;
    }
    const ids = deliveryIds?.map((id) => id.toLowerCase()) ?? (await this.newestIds(last ?? DEFAULT_LAST));
    for (let start = 0; start < ids.length; start += SLICE) yield this.stored(ids.slice(start, start + SLICE));
  }

  /** Read as if it came now. */
  private given(body: unknown): Source {
    const read = readDelivery(redact(body), { config: this.config, receivedAt: this.clock.now() });
    return { deliveryId: null, receivedAt: null, read };
  }

  private async stored(ids: readonly string[]): Promise<Source[]> {
    const rows = await this.dataSource.manager.find(DeliveryEntity, {
      select: { id: true, receivedAt: true, callerAppId: true, code: true, body: true },
      where: { id: In([...new Set(ids)]) },
    });
    const found = new Map(rows.map((row) => [row.id, row]));
    return inTurns(ids, (id) => this.sourceOf(id, found.get(id)));
  }

  /** Read as if its caller posted it now. */
  private sourceOf(deliveryId: string, row: StoredDelivery | undefined): Source {
    if (row === undefined) return { deliveryId, receivedAt: null, read: missing(deliveryId) };
    const { receivedAt, callerAppId, code, body } = row;
    if (code === 'scope_violation') return { deliveryId, receivedAt, read: OUT_OF_SCOPE };
    const caller = this.allowlist.callerOf(callerAppId);
    const read = readStored(body, { config: this.config, receivedAt, caller });
    return { deliveryId, receivedAt, read };
  }

  /** Each status by itself: so the index on both gives the newest without sorting them all. */
  private async newestIds(count: number): Promise<string[]> {
    const newest = (status: string): string =>
      `SELECT id, receivedAt FROM (SELECT id, receivedAt FROM deliveries WHERE status = '${status}'
         ORDER BY receivedAt DESC, id DESC LIMIT ${count}) ${status}_ones`;
    const rows = await this.dataSource.query<{ id: string }[]>(
      `${newest('processed')} UNION ALL ${newest('duplicate')} ORDER BY receivedAt DESC, id DESC LIMIT ${count}`,
    );
    return rows.map(({ id }) => id);
  }

  private async tryOn(sources: readonly Source[], trial: Trial): Promise<RoutingPreviewItemDto[]> {
    const { bindings, newCiIds } = await this.cmdb.previewAlerts(
      sources.flatMap(({ read }, index) =>
        read.kind === 'alert' && read.alert.condition === 'fired'
          ? [{ key: String(index), references: read.alert.ciReferences }]
          : [],
      ),
    );
    const seen = await inTurns(sources, ({ read }, index): Seen | null => {
      if (read.kind !== 'alert') return null;
      const input = { alert: read.alert, binding: bindings.get(String(index)) ?? { bindings: [], tasks: [] } };
      const foresight = foresee(trial.rules, input);
      return { foresight, inForce: trial.isProposed ? foresee(trial.inForce, input) : foresight };
    });
    await this.takeImpacts(seen.flatMap((each) => (each === null ? [] : [each.foresight, each.inForce])));
    return inTurns(sources, ({ read, ...origin }, index) => {
      if (read.kind !== 'alert') return toErrorItemDto(origin, errorOf(read));
      const { foresight, inForce } = seen[index] as Seen;
      const differs = trial.isProposed ? differences(foresight, inForce) : [];
      return toPreviewItemDto(origin, { alert: read.alert, foresight }, { ...trial, newCiIds, differs });
    });
  }

  /** As bound items and what they would bring down say, for all at once. */
  private async takeImpacts(foresights: readonly Foresight[]): Promise<void> {
    const opened = [...new Set(foresights.flatMap(({ workItems }) => workItems))];
    const said = await this.cmdb.impactsOf(opened.map(({ configurationItems }) => configurationItems));
    for (const [index, { workItem }] of opened.entries()) setImpact(workItem, (said[index] as SaidImpact).impact);
  }
}

const OUT_OF_SCOPE = {
  kind: 'unreadable',
  code: 'scope_violation',
  detail: 'It was refused: what it is about lay outside the scopes of its caller.',
} as const;

function missing(id: string): ReadableDelivery {
  return { kind: 'unreadable', code: 'not_found', detail: `There is no delivery ${id}.` };
}

function errorOf({ code, detail }: Extract<ReadableDelivery, { kind: 'unreadable' }>): PreviewErrorDto {
  return { code, detail };
}

function checkSources({ deliveries, deliveryIds, last }: RoutingPreviewRequestDto): void {
  const given = Object.entries({ deliveries, deliveryIds, last }).filter(([, value]) => value !== undefined);
  const others = given.slice(1).map(([path]) => ({ path, message: `can't be given together with ${given[0]?.[0]}` }));
  if (others.length > 0) throw invalidRequest(others);
}
