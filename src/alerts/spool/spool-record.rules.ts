import { crc32 } from 'node:zlib';
import type { FieldError } from '../../common/errors';

/** A delivery as it waits on disk: all that it takes to process it as if it had just come. */
export interface SpooledDelivery {
  id: string;
  /** ISO 8601, UTC. */
  receivedAt: string;
  requestId: string;
  callerAppId: string;
  /** Of the caller when it came: what it may be about. */
  callerScopes: readonly string[];
  /** As it came, redacted. */
  body: string;
  /** Why it was refused; null for an alert. */
  refusal: { code: string; errors: FieldError[] } | null;
}

/** What a spool file holds. */
export interface ReadRecords {
  deliveries: SpooledDelivery[];
  /** Bytes up to the end of the last line. */
  length: number;
  /** Records that are not what was written: the disk has failed. What follows the last line break is none of them. */
  damaged: number;
}

const NEWLINE = 0x0a;

/** A record is a line: CRC-32 of the JSON (8 hex digits), a blank, and the JSON, which has no line break in it. */
export function encodeRecord(delivery: SpooledDelivery): Buffer {
  const json = JSON.stringify(delivery);
  return Buffer.from(`${checksumOf(Buffer.from(json))} ${json}\n`);
}

/**
 * Reads a file's records. What follows the last line break was being written when the process or the machine died: nobody
 * was told that it is kept.
 */
export function decodeRecords(file: Buffer): ReadRecords {
  const deliveries: SpooledDelivery[] = [];
  let [length, damaged] = [0, 0];
  for (let end = file.indexOf(NEWLINE); end >= 0; end = file.indexOf(NEWLINE, length)) {
    const delivery = decodeLine(file.subarray(length, end));
    length = end + 1;
    if (delivery === null) damaged += 1;
    else deliveries.push(delivery);
  }
  return { deliveries, length, damaged };
}

function decodeLine(line: Buffer): SpooledDelivery | null {
  const json = line.subarray(9);
  if (line.length < 10 || line.toString('latin1', 0, 8) !== checksumOf(json)) return null;
  return JSON.parse(json.toString('utf8')) as SpooledDelivery;
}

function checksumOf(json: Buffer): string {
  return crc32(json).toString(16).padStart(8, '0');
}
