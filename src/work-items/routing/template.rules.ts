import { isRedacted } from '../../common/redact-text.rules';
import { oneLine } from '../../common/text.rules';
import { KNOWN_PLACEHOLDERS, placeholderOf } from './placeholders.rules';
import type { RoutingFacts } from './routing-facts';

const OPEN = '{{';
const CLOSE = '}}';

/** What a person can use of it; a template of many long values ends here. */
const MAX_RENDERED = 10_000;
/** Faults that are named: every one of them says what is known. */
const MAX_FAULTS = 5;

/** A piece of a template. */
type Part = { kind: 'text'; text: string } | { kind: 'placeholder'; name: string } | { kind: 'unclosed'; text: string };

/**
 * What is wrong with a template: the first few placeholders that nothing is known by, and one that is never closed. Empty =
 * it can be used. `}}` without `{{` is text.
 */
export function faultsOf(template: string): string[] {
  const faults: string[] = [];
  for (const part of partsOf(template)) {
    const fault = faultOf(part);
    if (fault !== null) faults.push(fault);
    if (faults.length === MAX_FAULTS) break;
  }
  return faults;
}

/**
 * The template with the alert's values in place of `{{ alert.rule }}` and its like; what the alert does not have is an empty
 * text. What a value holds is never read as a template. Ends after 10,000 characters.
 */
export function render(template: string, facts: RoutingFacts): string {
  return filled(template, (name) => placeholderOf(name)?.(facts) ?? '');
}

/** The same for a name, such as that of a group: a value that redaction has taken something out of counts as missing. */
export function renderName(template: string, facts: RoutingFacts): string {
  return filled(template, (name) => {
    const value = placeholderOf(name)?.(facts) ?? '';
    return isRedacted(value) ? '' : value;
  });
}

/** Each name is looked up once: a template may name the same a hundred times, and some ids take time to be read. */
function filled(template: string, valueOf: (name: string) => string): string {
  const values = new Map<string, string>();
  let rendered = '';
  for (const part of partsOf(template)) {
    const text = part.kind === 'placeholder' ? (values.get(part.name) ?? valueOf(part.name)) : part.text;
    if (part.kind === 'placeholder') values.set(part.name, text);
    rendered += text.slice(0, MAX_RENDERED - rendered.length);
    if (rendered.length >= MAX_RENDERED) break;
  }
  return rendered.toWellFormed();
}

function faultOf(part: Part): string | null {
  if (part.kind === 'text') return null;
  if (part.kind === 'unclosed') return `${oneLine(part.text, 40)} is not closed by ${CLOSE}`;
  if (placeholderOf(part.name) !== undefined) return null;
  return `{{${oneLine(part.name, 100)}}} is not known; known are ${KNOWN_PLACEHOLDERS}`;
}

/** From left to right, each character once, and no further than somebody asks for. */
function* partsOf(template: string): Generator<Part, void> {
  let at = 0;
  for (let open = template.indexOf(OPEN); open !== -1; open = template.indexOf(OPEN, at)) {
    if (open > at) yield { kind: 'text', text: template.slice(at, open) };
    const close = template.indexOf(CLOSE, open + OPEN.length);
    if (close === -1) yield { kind: 'unclosed', text: template.slice(open) };
    else yield { kind: 'placeholder', name: template.slice(open + OPEN.length, close).trim() };
    at = close === -1 ? template.length : close + CLOSE.length;
  }
  if (at < template.length) yield { kind: 'text', text: template.slice(at) };
}
