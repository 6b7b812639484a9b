import { unknownFields } from './field-names.rules';
import type { FailedRecordDto, ImportResultDto } from './import.dto';
import type { ImportCounts } from './plan-import.rules';

/** An answer names so many failed records, and so many ignored fields; the others are counted. */
const MAX_FAILED = 1_000;
const MAX_IGNORED = 100;

/** What the records came to that one transaction took. */
interface ChunkResult {
  counts: ImportCounts;
  relations: number;
  failed: FailedRecordDto[];
  records: number;
}

/** Adds up what the chunks of an import came to; its size does not grow with the file. */
export class ImportTally {
  /** Records that were read, good or not. */
  records = 0;
  private isComplete = true;
  private readonly counts: ImportCounts = { created: 0, updated: 0, unchanged: 0, moved: 0, implied: 0 };
  private relations = 0;
  private failedCount = 0;
  private readonly failed: FailedRecordDto[] = [];
  private readonly ignored = new Set<string>();

  constructor(private readonly dryRun: boolean) {}

  add({ counts, relations, failed, records }: ChunkResult): void {
    this.records += records;
    this.fail(failed);
    for (const name of Object.keys(counts) as (keyof ImportCounts)[]) this.counts[name] += counts[name];
    this.relations += relations;
  }

  fail(records: readonly FailedRecordDto[]): void {
    this.failedCount += records.length;
    this.failed.push(...records.slice(0, Math.max(0, MAX_FAILED - this.failed.length)));
  }

  /** The file ends here, whatever comes. It is told of even where no room is left. */
  breakOff({ line, message }: { line: number; message: string }): void {
    this.isComplete = false;
    this.failedCount += 1;
    this.failed.splice(MAX_FAILED - 1);
    this.failed.push({ line, errors: [{ path: '', message }] });
  }

  ignoreUnknown(record: unknown): void {
    if (typeof record !== 'object' || record === null || this.ignored.size >= MAX_IGNORED) return;
    for (const field of unknownFields(record)) this.ignored.add(field.slice(0, 100));
  }

  result(): ImportResultDto {
    return {
      ...this.counts,
      relations: this.relations,
      failed: this.failed.toSorted((one, other) => one.line - other.line),
      failedCount: this.failedCount,
      ignored: [...this.ignored].slice(0, MAX_IGNORED),
      complete: this.isComplete,
      dryRun: this.dryRun,
    };
  }

  /** The figures alone, for the log and the audit. */
  figures(): object {
    const { failed: _, ignored: __, ...figures } = this.result();
    return figures;
  }
}
