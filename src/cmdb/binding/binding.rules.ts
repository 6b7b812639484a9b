import type { AlertReferences } from './alert-references.rules';
import type { ArmId } from '../identity/arm-id.rules';
import { BINDING_CONFIDENCE, compareText, type Evidence, type OtherCandidate } from './binding-evidence.rules';
import type { AlertScopes, CiRole, OpenValue } from './bound-ci';
import { hostNameOf } from '../identity/ci-keys.rules';
import { type Candidates, type CiCandidate, findByArmId, findByName, type Finding } from './find-ci.rules';
import { groupBy } from '../../common/group-by';

/** At most so many candidates are kept with a question; more than a person wants to choose from. */
export const MAX_CANDIDATES = 10;

/** What is bound: an item that the CMDB holds, or one that has to be made for a well-formed ARM id. */
export type BindingSubject = { kind: 'item'; ci: CiCandidate } | { kind: 'stub'; armId: ArmId };

/** One binding of an alert, decided. */
export interface DecidedBinding extends Evidence {
  subject: BindingSubject;
  role: CiRole;
  isContainer: boolean;
  /** What the alert called it, comparable. */
  values: readonly string[];
  others: readonly OtherCandidate[];
}

/** What an alert is bound to, the primary first, and what stays open. */
export interface BindingDecision {
  bindings: readonly DecidedBinding[];
  tasks: readonly OpenValue[];
}

type Match = Exclude<Finding, { kind: 'question' | 'nothing' }>;
type Question = Extract<Finding, { kind: 'question' }>;

/**
 * Decides which items an alert is bound to. Every reference is searched for itself; containers count
 * only where nothing better was found; of what is left the best evidence is primary: by confidence, what the payload
 * calls the affected item before the rule's targets, then the payload's own order. An alert that names a machine which
 * could not be bound has no primary item: a workspace is not that machine.
 */
export function bindReferences(alert: AlertReferences, candidates: Candidates): BindingDecision {
  const findings = [
    ...alert.arm.map((reference) => findByArmId(reference, candidates)),
    ...alert.names.map((reference) => findByName(reference, alert.scopes, candidates)),
  ];
  const subjects = ranked(bySubject(withoutNeedlessContainers(findings.filter(isMatch))));
  const questions = openQuestions(findings.filter(isQuestion), subjects);
  const hasPrimary = !subjects.every(([best]) => best.isContainer) || !questions.some(isAboutItem);
  return {
    bindings: subjects.map((matches, index) => bindingOf(matches, hasPrimary && index === 0 ? 'primary' : 'affected')),
    tasks: questions.map((question) => openValueOf(question, alert.scopes)),
  };
}

/**
 * Whether an item answers to a value that was once open: by its name, or as what an alert called it. A container only answers to
 * what it was found by: what else is called so may be a machine. Takes a comparable value.
 */
export function answersTo(
  ci: { name: string; values: readonly string[]; isContainer: boolean },
  value: string,
): boolean {
  if (ci.values.includes(value)) return true;
  const name = ci.name.toLowerCase();
  return !ci.isContainer && (value === name || hostNameOf(value) === name);
}

type Matches = readonly [Match, ...Match[]];

function withoutNeedlessContainers(matches: readonly Match[]): readonly Match[] {
  const better = matches.filter((match) => !match.isContainer);
  return better.length > 0 ? better : matches;
}

/** All matches of one item together, the best evidence first. */
function bySubject(matches: readonly Match[]): Matches[] {
  const groups = groupBy(matches, subjectKey);
  return [...groups.values()].map((group) => [...group].sort(compareMatches) as unknown as Matches);
}

/** Sorting is stable, so equals stay in the order in which the payload has them. */
function ranked(subjects: readonly Matches[]): Matches[] {
  return [...subjects].sort(([left], [right]) => compareRank(left, right));
}

function compareRank(left: Match, right: Match): number {
  return confidenceOf(right) - confidenceOf(left) || roleRank(left) - roleRank(right);
}

/** Two references to one item: which of them is shown must not depend on their order. */
function compareMatches(left: Match, right: Match): number {
  return (
    compareRank(left, right) ||
    compareText(left.method, right.method) ||
    compareText(left.named.reference.source, right.named.reference.source)
  );
}

function bindingOf(matches: Matches, role: CiRole): DecidedBinding {
  const [best] = matches;
  return {
    subject: best.kind === 'item' ? { kind: 'item', ci: best.ci } : { kind: 'stub', armId: best.armId },
    role,
    method: best.method,
    confidence: confidenceOf(best),
    source: best.named.reference.source,
    isContainer: best.isContainer,
    values: [...new Set(matches.map((match) => match.named.comparable))],
    others: best.kind === 'item' ? best.others : [],
  };
}

/** One question a value, and none for what the alert bound under another name. */
function openQuestions(questions: readonly Question[], subjects: readonly Matches[]): Question[] {
  const bound = subjects.map(([best]) => ({ name: nameOf(best), values: [], isContainer: best.isContainer }));
  const byValue = groupBy(questions, (question) => question.named.comparable);
  return [...byValue].flatMap(([value, group]) =>
    bound.some((ci) => answersTo(ci, value)) ? [] : group.sort(compareQuestions).slice(0, 1),
  );
}

function compareQuestions(left: Question, right: Question): number {
  return (
    Number(isAboutItem(right)) - Number(isAboutItem(left)) ||
    compareText(left.named.reference.source, right.named.reference.source)
  );
}

function openValueOf({ reason, named: { reference }, candidates }: Question, scopes: AlertScopes): OpenValue {
  const candidateIds = candidates.map((ci) => ci.id).sort(compareText);
  return {
    reason,
    value: reference.value.trim(),
    source: reference.source,
    candidateIds: candidateIds.slice(0, MAX_CANDIDATES),
    asked: { role: reference.role, scopes, ...(reference.isMachine ? { isMachine: true } : {}) },
  };
}

function subjectKey(match: Match): string {
  return match.kind === 'item' ? match.ci.id : match.armId.key;
}

function nameOf(match: Match): string {
  return match.kind === 'item' ? match.ci.name : match.armId.name;
}

function confidenceOf(match: Match): number {
  return BINDING_CONFIDENCE[match.method];
}

function roleRank(match: Match): number {
  return match.named.reference.role === 'item' ? 0 : 1;
}

function isAboutItem(question: Question): boolean {
  return question.named.reference.role === 'item';
}

function isMatch(finding: Finding): finding is Match {
  return finding.kind === 'item' || finding.kind === 'stub';
}

function isQuestion(finding: Finding): finding is Question {
  return finding.kind === 'question';
}
