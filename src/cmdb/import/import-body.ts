import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DomainError } from '../../common/errors';
import { longUpload } from '../../common/http/long-upload';
import type { ImportFormat } from './records';
import { BrokenFile } from './source-record';

/** A sender that sends nothing for so long is given up. */
const IDLE_MS = 30_000;

/** What compresses better than this, past the first megabytes, is no list of items. */
const MAX_EXPANSION = 200;
const FREE_BYTES = 64 * 1_048_576;

const FORMATS: Readonly<Record<string, ImportFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'text/csv': 'csv',
};

/** What the body is by its Content-Type, unless the caller says otherwise; 415 where neither tells. */
export function formatOf(contentType: string | undefined, given: ImportFormat | undefined): ImportFormat {
  const format = given ?? FORMATS[(contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''];
  if (format !== undefined) return format;
  const detail = 'Send the file as application/json, application/x-ndjson or text/csv, or name its format.';
  throw new DomainError(415, 'unsupported_media_type', detail);
}

/** The file in a request, unpacked, as it comes; 415 for a compression other than gzip. */
export function fileOf(request: IncomingMessage): AsyncIterable<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new DomainError(415, 'unsupported_media_type', 'Send the file as it is, or compressed with gzip.');
  }
  const bytes = longUpload(request, IDLE_MS);
  return encoding === 'gzip' ? unpacked(bytes) : bytes;
}

async function* unpacked(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const [gunzip, size] = [createGunzip(), { packed: 0, unpacked: 0 }];
  const fed = pipeline(Readable.from(counted(packed, size)), gunzip).catch(() => undefined);
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      size.unpacked += piece.length;
      if (size.unpacked > FREE_BYTES && size.unpacked > MAX_EXPANSION * size.packed) {
        throw new BrokenFile(1, 'the file is compressed too well to be a list of items');
      }
      yield piece;
    }
  } catch (error) {
    throw isZlibError(error) ? new BrokenFile(1, 'the file is no good gzip from here on') : error;
  } finally {
    gunzip.destroy();
    await fed;
  }
}

async function* counted(pieces: AsyncIterable<Buffer>, size: { packed: number }): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    size.packed += piece.length;
    yield piece;
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}
