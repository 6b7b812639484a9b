import type { CallerName } from './callers';
import { LATER_ESTATE } from './estate';

/** Something that a person does after Azure Monitor's day. */
export interface Action {
  who: Extract<CallerName, 'viewer' | 'operator' | 'manager'>;
  what: string;
  method: 'GET' | 'POST' | 'PATCH';
  /** Below `/api/v1`. */
  path: string;
  body?: object;
  headers?: Record<string, string>;
  expected: { status: number; answer: string };
  /** It is asked again for some seconds: what it asks for comes by itself. */
  isEventual?: boolean;
  /** What the table shows of the answer. */
  shows: (answer: Record<string, unknown>) => string;
}

/** The rule that the manager adds before the day: alerts about virtual desktops go to those who run them. */
export const ROUTING_RULE = {
  name: 'virtual desktops',
  match: { alertRule: 'FsLogix*', ciClass: ['cmdb_ci_vm_instance'] },
  actions: { title: '{{alert.rule}}: {{ci.name}}', assignmentGroup: 'virtual desktops', category: 'desktop' },
};

const state = ({ state: now, code }: Record<string, unknown>): string => text(now ?? code);
const code = (answer: Record<string, unknown>): string => text(answer.code);

/** What people do, in order; each builds on what came before. */
export const ACTIONS: readonly Action[] = [
  {
    ...{ who: 'viewer', what: 'who got the stopped service?', method: 'GET', path: '/work-items/INC0000005' },
    ...{ expected: { status: 200, answer: 'virtual desktops' }, shows: (answer) => text(answer.assignmentGroup) },
  },
  {
    ...{ who: 'operator', what: 'takes up the CPU alert', method: 'POST', path: '/work-items/INC0000003/transitions' },
    ...{ body: { to: 'in_progress' }, expected: { status: 200, answer: 'in_progress' }, shows: state },
  },
  {
    ...{ who: 'operator', what: 'waits for the vendor', method: 'POST', path: '/work-items/INC0000003/transitions' },
    body: { to: 'on_hold', holdReason: 'awaiting_vendor' },
    ...{ expected: { status: 200, answer: 'on_hold' }, shows: state },
  },
  {
    ...{ who: 'operator', what: 'writes down why', method: 'POST', path: '/work-items/INC0000003/comments' },
    body: { kind: 'work_note', text: 'Ticket with the vendor is open.' },
    ...{ expected: { status: 201, answer: 'work_note' }, shows: (answer) => text(answer.kind) },
  },
  {
    ...{
      who: 'operator',
      what: 'resolves, says too little',
      method: 'POST',
      path: '/work-items/INC0000004/transitions',
    },
    body: { to: 'resolved', resolutionCode: 'no_action_needed', resolutionNotes: 'A planned restart.' },
    ...{ expected: { status: 400, answer: 'reason' }, shows: faultyPaths },
  },
  {
    ...{ who: 'operator', what: '  and says why', method: 'POST', path: '/work-items/INC0000004/transitions' },
    body: {
      ...{ to: 'resolved', resolutionCode: 'no_action_needed', resolutionNotes: 'A planned restart.' },
      reason: 'The activity log never says that it is over.',
    },
    ...{ expected: { status: 200, answer: 'resolved' }, shows: state },
  },
  {
    ...{
      who: 'operator',
      what: 'closes, which is not allowed',
      method: 'POST',
      path: '/work-items/INC0000002/transitions',
    },
    ...{ body: { to: 'closed' }, expected: { status: 403, answer: 'forbidden' }, shows: code },
  },
  {
    ...{ who: 'manager', what: '  but a manager may', method: 'POST', path: '/work-items/INC0000002/transitions' },
    ...{ body: { to: 'closed' }, expected: { status: 200, answer: 'closed' }, shows: state },
  },
  {
    ...{ who: 'operator', what: 'edits an old version', method: 'PATCH', path: '/work-items/INC0000008' },
    ...{ body: { category: 'finance' }, headers: { 'if-match': '"0"' } },
    ...{ expected: { status: 412, answer: 'version_mismatch' }, shows: code },
  },
  {
    ...{ who: 'operator', what: '  and the current one', method: 'PATCH', path: '/work-items/INC0000008' },
    ...{ body: { category: 'finance' }, headers: { 'if-match': '"1"' } },
    ...{ expected: { status: 200, answer: 'finance' }, shows: (answer) => text(answer.category) },
  },
  {
    ...{ who: 'viewer', what: 'what could not be bound?', method: 'GET', path: '/binding-tasks?status=open' },
    ...{ expected: { status: 200, answer: 'vm-app02 (INC0000003), aks0001 (INC0000001)' }, shows: openTasks },
  },
  {
    ...{ who: 'operator', what: 'imports the next export', method: 'POST', path: '/configuration-items/import' },
    ...{ body: LATER_ESTATE, expected: { status: 200, answer: '1 created, 0 failed' }, shows: imported },
  },
  {
    ...{ who: 'viewer', what: '  and it is bound by itself', method: 'GET', path: '/work-items/INC0000003' },
    ...{ isEventual: true, expected: { status: 200, answer: 'vm-app01, vm-app02' }, shows: boundItems },
  },
  {
    ...{ who: 'viewer', what: 'why is that one a P1?', method: 'GET', path: '/work-items/INC0000002/explain' },
    expected: { status: 200, answer: 'Priority 1: impact 1 × urgency 1 (impact 1: datacen…' },
    shows: ({ steps }) => shortened(summaryOf(steps, 'priority')),
  },
  {
    ...{ who: 'manager', what: 'what happened today?', method: 'GET', path: '/work-items/stats' },
    ...{ expected: { status: 200, answer: '8 work items, 4 resolved' }, shows: numbers },
  },
];

function openTasks({ items }: Record<string, unknown>): string {
  const tasks = items as { value: string; workItem: string }[];
  return tasks.map(({ value, workItem }) => `${value} (${workItem})`).join(', ');
}

function imported({ created, failedCount }: Record<string, unknown>): string {
  return `${text(created)} created, ${text(failedCount)} failed`;
}

function boundItems({ configurationItems }: Record<string, unknown>): string {
  return (configurationItems as { name: string }[])
    .map(({ name }) => name)
    .sort()
    .join(', ');
}

function summaryOf(steps: unknown, name: string): string {
  return (steps as { step: string; summary: string }[]).find(({ step }) => step === name)?.summary ?? 'nothing';
}

/** What fits into the table. */
function shortened(line: string): string {
  return line.length <= 52 ? line : `${line.slice(0, 51)}…`;
}

function faultyPaths({ errors }: Record<string, unknown>): string {
  return (errors as { path: string }[]).map(({ path }) => path).join(', ');
}

function numbers({ total, byState }: Record<string, unknown>): string {
  return `${text(total)} work items, ${text((byState as Record<string, unknown> | undefined)?.resolved)} resolved`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
