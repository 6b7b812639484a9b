import type { LoggerService } from '@nestjs/common';
import pino, { type DestinationStream, type Logger } from 'pino';
import { codeOf, messageOf } from './error-message.rules';
import { redactText } from './redact-text.rules';

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** Lines are written together, within a tenth of a second: one system call a line would cost more than the line. */
const BUFFERED = { dest: 1, sync: false, minLength: 4_096, periodicFlush: 100 } as const;

/** Structured JSON lines, one an event; never a token, a header or a payload. What is buffered at an exit is written then. */
export function createLogger(level: string, destination: DestinationStream = pino.destination(BUFFERED)): Logger {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: errorFields },
    formatters: { level: levelName },
    hooks: { streamWrite: printable },
  };
  return pino(options, destination);
}

/** What a terminal or a viewer of logs would obey or take for a line break: C1 controls, separators of lines, changes of direction. */
const UNPRINTABLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A line in which these are escapes, as JSON writes the controls below them. */
function printable(line: string): string {
  return line.replace(UNPRINTABLE, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Where Nest tells its own start step by step; of interest only to one who looks for a fault in it. */
const WIRING_CONTEXTS: ReadonlySet<unknown> = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Lets Nest and all that uses its `Logger` write to pino. A message is a text, or an object with `msg`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log = (message: unknown, ...rest: unknown[]): void => this.write('info', message, rest);
  error = (message: unknown, ...rest: unknown[]): void => this.write('error', message, rest);
  warn = (message: unknown, ...rest: unknown[]): void => this.write('warn', message, rest);
  debug = (message: unknown, ...rest: unknown[]): void => this.write('debug', message, rest);
  verbose = (message: unknown, ...rest: unknown[]): void => this.write('trace', message, rest);
  fatal = (message: unknown, ...rest: unknown[]): void => this.write('fatal', message, rest);

  /** Nest hands over its context (a class name) last, and for an error perhaps a stack before it. */
  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    const context = rest.at(-1);
    if (level === 'info' && WIRING_CONTEXTS.has(context)) return this.logger.debug({ context }, String(message));
    const stack = rest.length > 1 ? rest[0] : undefined;
    if (message instanceof Error) return this.logger[level]({ context, err: message }, messageOf(message));
    if (typeof message === 'object' && message !== null) return this.logger[level]({ context, ...message });
    this.logger[level]({ context, stack }, redactText(String(message)));
  }
}

function levelName(label: string): { level: string } {
  return { level: label };
}

/**
 * What of an error goes into the log. A failed statement is named without its parameters: they hold payloads. What an
 * error carries besides (driver errors carry the whole statement) stays out.
 */
function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: messageOf(error) };
  const { query, code } = error as { query?: unknown; code?: unknown };
  return {
    type: error.name,
    message: clip(messageOf(error), 500),
    code: code ?? codeOf(error) ?? undefined,
    query: typeof query === 'string' ? clip(query.replace(/\s+/g, ' '), 300) : undefined,
    stack: clip(framesOf(error), 4_000),
  };
}

/** Without the message before them, which may have several lines, and one of these may look like a frame. */
function framesOf({ stack = '', message }: Error): string {
  const start = stack.indexOf(message);
  return stack
    .slice(start < 0 ? 0 : start + message.length)
    .split('\n')
    .filter((line) => /^\s{4}at /.test(line))
    .join('\n');
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
