import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { IMPORT_FORMATS, type ImportFormat } from './records';

/** How a file is imported. */
export class ImportQuery {
  /** Answers what an import would do, and writes nothing. */
  @IsOptional()
  @Transform(({ obj }: { obj: { dryRun?: unknown } }) => flagOf(obj.dryRun))
  @IsBoolean()
  dryRun?: boolean;

  /** What the body is, where its Content-Type does not say so. */
  @IsOptional()
  @IsIn(IMPORT_FORMATS)
  format?: ImportFormat;
}

/** What is wrong with a field of a record. */
export class ImportFaultDto {
  /** The field; empty = the record as a whole. */
  path: string;
  message: string;
}

/** A record that was not imported. */
export class FailedRecordDto {
  /** Line of the file (NDJSON, CSV) or number of the record (JSON), from 1. */
  line: number;
  errors: ImportFaultDto[];
}

/** What an import did; of a dry run, what it would do. */
export class ImportResultDto {
  /** Items that the file brought. */
  created: number;
  /** Items that are other than before; stubs that became items are among them. */
  updated: number;
  /** Records that said nothing new. */
  unchanged: number;
  /** Items whose resource Azure has moved or renamed: the same items under their new resource ids. */
  moved: number;
  /** Relations that are new. */
  relations: number;
  /** Subscriptions, resource groups and other holders that the file did not bring, but its resource ids name. */
  implied: number;
  /** The first of the records that were not imported. */
  failed: FailedRecordDto[];
  /** How many were not. */
  failedCount: number;
  /** Fields that nothing is read from. */
  ignored: string[];
  /** False = the file could not be read to its end, or is one page of several; the last of `failed` tells why, and what came before it is imported. */
  complete: boolean;
  dryRun: boolean;
}

/** What is neither stays as it is, and fails its check. */
function flagOf(value: unknown): unknown {
  if (value === 'true') return true;
  return value === 'false' ? false : value;
}
