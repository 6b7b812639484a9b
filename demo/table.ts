import type { Action } from './people';
import type { Played } from './play';
import type { Became } from './story';

/** Colours a text, or not. */
export type Paint = (text: string, code: number) => string;

/** Adds a colour (an SGR code of ECMA-48). */
const painted: Paint = (text, code) => `\u001b[${code}m${text}\u001b[0m`;
const plain: Paint = (text) => text;

/** Colours for a terminal only, and not where NO_COLOR is set (no-color.org). */
export function paintFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  return stream.isTTY === true && !env.NO_COLOR ? painted : plain;
}

const WIDTHS = { time: 5, sent: 27, status: 4, outcome: 9, workItem: 10, state: 8, item: 14, match: 6, priority: 1 };

const FOUND_BY: Record<string, string> = {
  arm_id: 'id',
  arm_alias: 'alias',
  parent_resource: 'parent',
  scoped_name: 'name',
  alias: 'alias',
  unique_name: 'name',
  manual: 'person',
};

const OUTCOME_COLOURS: Record<string, number> = { created: 33, reopened: 33, resolved: 32, refused: 31 };
const DIM = 2;
const BOLD = 1;

/** The head of the table and a line below it; at most 100 columns wide, as are the rows. */
export function tableHead(paint: Paint): string {
  const words = ['Time', 'Sent', 'HTTP', 'Outcome', 'Work item', 'State', 'CI', 'Match', 'P'];
  const rule = Object.values(WIDTHS).map((width) => '─'.repeat(width));
  return `${paint(cells(words), BOLD)}\n${paint(rule.join('  '), DIM)}`;
}

/** One delivery and what became of it. */
export function tableRow({ step, happenedAt, became }: Played, paint: Paint): string {
  const outcome = became.outcome.padEnd(WIDTHS.outcome);
  const left = cells([happenedAt.toISOString().slice(11, 16), step.what, String(became.status)], 0);
  const coloured = paint(outcome, OUTCOME_COLOURS[became.outcome] ?? DIM);
  return `${left}  ${coloured}  ${rest(became)}`.trimEnd();
}

const ACTION_WIDTHS = [8, 29, 4, 52];

/** The head of the table of what people do. */
export function actionsHead(paint: Paint): string {
  const rule = ACTION_WIDTHS.map((width) => '─'.repeat(width));
  return `${paint(padded(['Who', 'Does', 'HTTP', 'Answer']), BOLD)}\n${paint(rule.join('  '), DIM)}`;
}

/** What a person did and was answered. */
export function actionRow({ who, what }: Action, { status, answer }: Action['expected']): string {
  return padded([who, what, String(status), answer]).trimEnd();
}

function padded(texts: readonly string[]): string {
  return texts.map((text, index) => fitted(text, ACTION_WIDTHS[index] ?? text.length)).join('  ');
}

function rest(became: Became): string {
  if (became.outcome === 'refused') return became.reason ?? '';
  const { workItem, state, configurationItem, foundBy, priority } = became;
  const found = foundBy ? (FOUND_BY[foundBy] ?? foundBy) : '';
  return cells([workItem ?? '–', state ?? '', configurationItem ?? '–', found, String(priority ?? '')], 4);
}

/** Texts padded to the widths of the columns from `first` on; what is too long is cut. */
function cells(texts: readonly string[], first = 0): string {
  const widths = Object.values(WIDTHS).slice(first);
  return texts.map((text, index) => fitted(text, widths[index] ?? text.length)).join('  ');
}

function fitted(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}
