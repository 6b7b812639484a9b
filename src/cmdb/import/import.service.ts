import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditWriter } from '../../audit/audit-writer';
import { Clock } from '../../common/clock';
import { DomainError } from '../../common/errors';
import { newId } from '../../common/ids';
import { Schedule } from '../../common/schedule/schedule';
import { isLostRace, Transactions } from '../../common/transactions';
import { type ChangedBy, shownActor } from '../items/changed-by';
import type { Saying } from '../items/item-changes.rules';
import { BINDING_CHECKS } from '../triage/binding-checks';
import { type AncestorsOf, rememberingAncestors } from './ancestors.rules';
import { DryRun } from './dry-run';
import type { ImportResultDto } from './import.dto';
import { planImportedRelations, saveRelationChanges } from './import-relations';
import type { ImportRow } from './import-row';
import { ancestorsOfRows, loadKnownItems, savePlan } from './import-store';
import { ImportTally } from './import-tally';
import { ListedArmIds } from './listed-arm-ids';
import { planImport } from './plan-import.rules';
import { readRow } from './read-row.rules';
import { chunksOf, type ImportFormat } from './records';
import { BrokenFile, type SourceRecord } from './source-record';

/** A file on its way in. */
export interface ImportFile {
  bytes: AsyncIterable<Buffer>;
  format: ImportFormat;
  dryRun: boolean;
}

/** What chunks of one file share. */
interface ImportRun {
  by: ChangedBy;
  tally: ImportTally;
  listed: ListedArmIds;
}

/** Brings files of items into the CMDB: as they come, a chunk a transaction, each record as if it came alone. */
@Injectable()
export class ImportService {
  private readonly logger = new Logger(ImportService.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: AuditWriter,
    private readonly clock: Clock,
    private readonly schedule: Schedule,
  ) {}

  /**
   * Imports a file. What was in chunks before the file breaks off, the caller hangs up or the database goes away stays, is
   * audited, and is unchanged when the file comes again.
   */
  async import(file: ImportFile, by: ChangedBy): Promise<ImportResultDto> {
    const start = performance.now();
    const tally = new ImportTally(file.dryRun);
    try {
      await this.importChunks(file, by, tally);
    } catch (error) {
      if (tally.records > 0) await this.close(file, { by, tally, start, end: 'broke off' });
      throw error;
    }
    await this.close(file, { by, tally, start, end: 'done' });
    return tally.result();
  }

  private async importChunks(file: ImportFile, by: ChangedBy, tally: ImportTally): Promise<void> {
    const dryRun = file.dryRun ? new DryRun() : null;
    const run = { by, tally, listed: new ListedArmIds() };
    try {
      for await (const records of oneAhead(chunksOf(file.bytes, file.format))) {
        const rows = rowsOf(records, tally);
        await (dryRun === null ? this.importRows(rows, run) : this.tryRows(rows, run, dryRun));
        tally.records += records.length - rows.length;
      }
    } catch (error) {
      if (!(error instanceof BrokenFile)) throw error;
      if (tally.records === 0) throw unreadable(file.format, error);
      tally.breakOff(error);
    }
  }

  /** Alerts may make stubs faster than a whole chunk can be written: one that keeps losing to them is taken in halves. */
  private async importRows(rows: readonly ImportRow[], run: ImportRun): Promise<void> {
    try {
      await this.importAtOnce(rows, run);
    } catch (error) {
      if (!isLostRace(error) || rows.length < 2) throw error;
      const middle = Math.ceil(rows.length / 2);
      await this.importRows(rows.slice(0, middle), run);
      await this.importRows(rows.slice(middle), run);
    }
  }

  private async importAtOnce(rows: readonly ImportRow[], { by, tally, listed }: ImportRun): Promise<void> {
    const ancestorsOf = rememberingAncestors();
    const ancestors = ancestorsOfRows(rows, ancestorsOf);
    const result = await this.transactions.run(async (tx) => {
      const saying = this.sayingOf(by);
      const known = await loadKnownItems(tx, { rows, ancestors, isLocked: true });
      const plan = planImport(rows, known, { saying, ancestorsOf, wasListed: listed.has });
      await savePlan(tx, plan, saying.now);
      const changes = await planImportedRelations(tx, plan, known);
      await saveRelationChanges(tx, changes, saying);
      return { counts: plan.counts, failed: plan.failed, relations: changes.inserted.length };
    });
    // As soon as it is written: what comes after it may fail.
    tally.add({ ...result, records: rows.length });
    listed.add(rows);
  }

  private async tryRows(rows: readonly ImportRow[], { by, tally, listed }: ImportRun, dryRun: DryRun): Promise<void> {
    const ancestorsOf: AncestorsOf = rememberingAncestors();
    const ancestors = ancestorsOfRows(rows, ancestorsOf);
    const manager: EntityManager = this.dataSource.manager;
    const saying = this.sayingOf(by);
    const known = await loadKnownItems(manager, { rows, ancestors, isLocked: false });
    dryRun.addTo(known, [...rows.flatMap(({ read }) => read.armId ?? []), ...ancestors], saying);
    const plan = planImport(rows, known, { saying, ancestorsOf, wasListed: listed.has });
    const changes = await planImportedRelations(manager, plan, known);
    const { counts, failed } = plan;
    tally.add({ counts, failed, relations: dryRun.remember(plan, changes), records: rows.length });
    listed.add(rows);
  }

  private sayingOf({ actor }: ChangedBy): Saying {
    return { source: 'import', by: shownActor(actor).slice(0, 255), now: this.clock.now(), newId };
  }

  /** Who imported what, and how it ended. What has come may be what alerts have asked for. */
  private async close(
    { format, dryRun }: ImportFile,
    { by, tally, start, end }: { by: ChangedBy; tally: ImportTally; start: number; end: 'done' | 'broke off' },
  ): Promise<void> {
    const { requestId, actor } = by;
    const figures = { format, records: tally.records, ...tally.figures() };
    const ms = Math.round(performance.now() - start);
    this.logger.log({ msg: `import ${end}`, requestId, actor: `${actor.kind}:${actor.id}`, ms, ...figures });
    if (dryRun) return;
    this.schedule.wake(BINDING_CHECKS);
    const entry = { ...by, action: 'configuration_item.imported', subject: { type: 'import', id: newId() } };
    const written = this.transactions.run((tx) =>
      this.audit.write(tx, { ...entry, before: null, after: { ...figures, end } }),
    );
    // What ended the import is what the caller is to hear of.
    await (end === 'done' ? written : written.catch((error: unknown) => this.notAudited(requestId, error)));
  }

  private notAudited(requestId: string, error: unknown): void {
    this.logger.error({ msg: 'an import that broke off could not be audited', requestId, err: error });
  }
}

/** Reads the next chunk while the one before it is being written. */
async function* oneAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T, void, void> {
  let next = source.next();
  try {
    for (;;) {
      const chunk = await next;
      if (chunk.done === true) return;
      next = source.next();
      // A fault further on is told when its turn comes.
      next.catch(() => undefined);
      yield chunk.value;
    }
  } finally {
    await source.return(undefined);
  }
}

function rowsOf(records: readonly SourceRecord[], tally: ImportTally): ImportRow[] {
  return records.flatMap((record) => {
    if (record.kind === 'record') tally.ignoreUnknown(record.value);
    const reading =
      record.kind === 'record' ? readRow(record.value) : { kind: 'faults' as const, faults: record.errors };
    if (reading.kind === 'row') return [{ ...reading.row, line: record.line }];
    tally.fail([{ line: record.line, errors: reading.faults }]);
    return [];
  });
}

/** Nothing of the file could be read. */
function unreadable(format: ImportFormat, { line, message }: BrokenFile): DomainError {
  const code = format === 'csv' ? 'invalid_csv' : 'invalid_json';
  return new DomainError(400, code, `The file can not be read: ${message}.`, {
    errors: [{ path: String(line), message }],
  });
}
