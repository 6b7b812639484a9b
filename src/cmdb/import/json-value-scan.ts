import { MAX_RECORD_BYTES } from './source-record';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Finds the end of one JSON value in bytes that come in pieces, and keeps its text, unless it is to be skipped or is too
 * large. What stands within the value is not checked: whoever reads the text does.
 */
export class JsonValueScan {
  private depth = 0;
  private isInString = false;
  private isEscaped = false;
  private parts: Buffer[] = [];
  /** Its length so far. */
  bytes = 0;

  constructor(private readonly isKept: boolean) {}

  get isTooLarge(): boolean {
    return this.bytes > MAX_RECORD_BYTES;
  }

  get text(): string {
    return Buffer.concat(this.parts).toString('utf8');
  }

  /** Where in the piece the value is over, exclusively; null where it goes on. */
  read(piece: Buffer, from: number): number | null {
    const end = this.endIn(piece, from);
    const part = piece.subarray(from, end ?? piece.length);
    this.bytes += part.length;
    if (this.isTooLarge) this.parts = [];
    else if (this.isKept) this.parts.push(part);
    return end;
  }

  private endIn(piece: Buffer, from: number): number | null {
    for (let at = from; at < piece.length; at += 1) {
      const byte = piece[at] as number;
      if (this.isInString) {
        if (this.isEscaped) this.isEscaped = false;
        else if (byte === BACKSLASH) this.isEscaped = true;
        else if (byte === QUOTE) {
          this.isInString = false;
          if (this.depth === 0) return at + 1;
        }
      } else if (byte === QUOTE) {
        this.isInString = true;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        this.depth += 1;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (this.depth === 0) return at;
        this.depth -= 1;
        if (this.depth === 0) return at + 1;
      } else if (this.depth === 0 && (byte === COMMA || isBlank(byte))) {
        return at;
      }
    }
    return null;
  }
}

/** JSON's white space. */
export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
