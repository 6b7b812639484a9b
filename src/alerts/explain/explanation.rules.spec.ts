import { impactOf } from '../../cmdb/binding/attach.rules';
import { hashOf } from '../../common/hash';
import { routeOf } from '../../work-items/routing/route.rules';
import type { WorkItemEntity } from '../../work-items/work-item.entity';
import { aRule, someFacts } from '../../../test/work-items/routing-builders';
import { STEPS, type Dossier, type Origin, type Reader, type Step, type TimelineFact } from './dossier';
import { explanationOf } from './explanation.rules';

const OPENED_AT = new Date('2026-01-05T03:00:00.000Z');
const LATER = new Date('2026-01-05T04:00:00.000Z');
const KEY = hashOf('episode');
const CALLER = '11111111-0000-4000-8000-00000000000c';

const ADMIN: Reader = { can: () => true };

function aFact(kind: TimelineFact['kind'], fact: Partial<TimelineFact> = {}): TimelineFact {
  return { kind, at: LATER, actor: 'user:1', summary: kind, deliveryId: null, detail: {}, ...fact };
}

const opened = (detail: Record<string, unknown> = {}): TimelineFact =>
  aFact('opened', {
    ...{ at: OPENED_AT, actor: 'system:monitoring', summary: 'Opened' },
    detail: { reason: 'no work item has this signature', severity: 'Sev2', episodeKey: KEY, ...detail },
  });

const changed = (field: string, after: unknown, by = 'Ann'): TimelineFact =>
  aFact('changed', { detail: { by, changes: { [field]: { before: null, after } } } });

function aDossier({
  workItem,
  ...facts
}: { workItem?: Partial<WorkItemEntity> } & Partial<Omit<Dossier, 'workItem'>> = {}): Dossier {
  const counts = { firingCount: 1, alertCount: 1, reopenCount: 0 };
  const times = { stateChangedAt: null, reopenUntil: null, flappingUntil: null, openedAt: OPENED_AT };
  return {
    workItem: {
      ...{ id: 1, type: 'incident', state: 'new', source: 'azure-monitor', signature: 'v1-s', autoResolve: true },
      ...{ impact: 2, urgency: 2, priority: 3, priorityReason: 'impact 2 × urgency 2', fieldSources: null },
      ...{ assignmentGroup: null, assignee: null, openedByDeliveryId: 'd', ...counts, ...times, ...workItem },
    } as WorkItemEntity,
    previous: null,
    timeline: [opened()],
    delivery: null,
    ...{ deliveries: 1, alerts: [], alertsInAll: 1, nextExpiry: null },
    configurationItems: [],
    kept: { bindings: [], tasks: [] },
    said: { impact: 2, reached: null },
    ...facts,
  };
}

function stepOf(dossier: Dossier, name: Step['step']): Step {
  return explanationOf(dossier, ADMIN).find(({ step }) => step === name) as Step;
}

const detailOf = (dossier: Dossier, name: Step['step']): Record<string, Origin> =>
  stepOf(dossier, name).detail as Record<string, Origin>;

describe('the explanation of a work item', () => {
  it('has every step, whatever is no longer kept', () => {
    const bare = aDossier({ timeline: [] });
    expect(explanationOf(bare, ADMIN).map(({ step }) => step)).toEqual(STEPS);
    expect(stepOf(bare, 'delivery')).toMatchObject({ summary: 'The delivery that opened it (d) is no longer kept' });
    expect(stepOf(bare, 'identity').summary).toMatch(/^The payload is no longer kept/);
    expect(stepOf(bare, 'routing')).toMatchObject({
      summary: expect.stringContaining('before there were routing rules'),
      detail: { today: null },
    });
    expect(stepOf(bare, 'placement')).toMatchObject({ summary: 'A new work item: the reason was not kept' });
  });

  it('says what an alert recurs by, and what was done to that for its caller and its part', () => {
    const told = (timelineKey: string, partOf: string | null): string => {
      const signatureParts = [{ part: 'rule', source: 'r' }];
      const today = { route: routeOf([], someFacts()), skipped: [] };
      const keys = { deliveryKey: 'd', episodeKey: KEY, signature: 'v1-s' };
      const reading = { family: 'metric' as const, keys, signatureParts, today };
      const delivery = { id: 'd', receivedAt: LATER, callerAppId: CALLER, requestId: null, reading };
      const alerts = [{ id: 'a', partOf, isFiring: true }];
      return stepOf(aDossier({ delivery, alerts, timeline: [opened({ episodeKey: timelineKey })] }), 'identity')
        .summary;
    };
    const [confined, ofPart] = [hashOf(CALLER, KEY), hashOf(KEY, 'ci')];
    expect(told(KEY, null)).toBe('What recurs is told by rule (family metric); 1 alert');
    expect(told(confined, null)).toMatch(/by rule, the caller/);
    expect(told(ofPart, KEY)).toMatch(/by rule, the one configuration item[^,]* \(family/);
    expect(told(hashOf(confined, 'ci'), confined)).toMatch(/by rule, the one configuration item[^,]*, the caller/);
  });

  it('names the rule that set group, impact and urgency, until somebody else does', () => {
    const facts = someFacts();
    const rule = aRule({ name: 'ops', actions: { assignmentGroup: 'ops', impact: 1, urgency: 1 } });
    const timeline = [opened({ routing: routeOf([rule], facts) })];
    const workItem = { impact: 1, urgency: 1, assignmentGroup: 'ops', fieldSources: { impact: 'rule' } as const };
    const byRule = { from: 'routing_rule', by: 'ops', at: OPENED_AT };
    expect(detailOf(aDossier({ workItem, timeline }), 'priority')).toMatchObject({ impact: byRule, urgency: byRule });
    expect(detailOf(aDossier({ workItem, timeline }), 'assignment')).toMatchObject({ assignmentGroup: byRule });
    const moved = aDossier({
      workItem: { ...workItem, assignmentGroup: 'dba' },
      timeline: [...timeline, changed('assignmentGroup', 'dba')],
    });
    expect(detailOf(moved, 'assignment').assignmentGroup).toMatchObject({
      value: 'dba',
      from: 'person',
      by: 'Ann',
      at: LATER,
    });
  });

  it('names who set the urgency last, though it was raised before', () => {
    const timeline = [opened(), aFact('urgency_raised', { deliveryId: 'd2' }), changed('urgency', 3)];
    expect(detailOf(aDossier({ timeline }), 'priority').urgency).toMatchObject({
      from: 'alert',
      reason: expect.stringContaining('d2'),
    });
    const owned = aDossier({ timeline, workItem: { urgency: 3, fieldSources: { urgency: 'person' } } });
    expect(detailOf(owned, 'priority').urgency).toMatchObject({ value: 3, from: 'person', by: 'Ann' });
  });

  it.each([
    ['the item with the worst criticality', [3, 1], 1, { from: 'configuration_item', by: 'ci1' }],
    ['nobody, where none is stated', [null], 2, { from: 'default', by: null }],
    ['nobody, where nothing is bound', [], 2, { from: 'default', by: null }],
    ['no item that tells another impact by now', [3], 1, { from: 'configuration_item', by: null }],
  ])('finds the impact with %s', (_, criticalities, impact, expected) => {
    const bindings = criticalities.map((criticality, index) => ({
      ...{
        ciId: `${index}`,
        name: `ci${index}`,
        isContainer: false,
        criticality,
        hasDependents: false,
        isLead: true,
        isRemoved: false,
        boundBy: 'system' as const,
      },
      ...{ method: 'arm_id' as const, confidence: 100, source: 's', others: [] },
    }));
    const said = { impact: impactOf(bindings), reached: null };
    const dossier = aDossier({ workItem: { impact }, kept: { bindings, tasks: [] }, said });
    expect(detailOf(dossier, 'priority').impact).toMatchObject({ value: impact, ...expected });
  });

  it.each<[string, string | null, TimelineFact[], Partial<Origin>]>([
    ['nobody', null, [], { from: 'nobody' }],
    ['who took it up', 'Ann', [taking('Ann', 'Ann')], { from: 'person', by: 'Ann' }],
    ['who took it up first, whoever went on later', 'Ann', [taking('Ann', 'Ann'), taking('Bob', 'Ann')], { by: 'Ann' }],
    [
      'who assigned it, not who took it up then',
      'Bob',
      [changed('assignee', 'Bob'), taking('Bob', 'Bob')],
      { by: 'Ann', reason: 'set by Ann' },
    ],
    ['who took it up after it was cleared', 'Bob', [changed('assignee', null), taking('Bob', 'Bob')], { by: 'Bob' }],
    ['nobody that is known', 'Eve', [], { from: 'unknown' }],
  ])('finds the assignee with %s', (_, assignee, facts, expected) => {
    const dossier = aDossier({ workItem: { assignee }, timeline: [opened(), ...facts] });
    expect(detailOf(dossier, 'assignment').assignee).toMatchObject({ value: assignee, ...expected });
  });

  it('tells the state by the last move, and the end of flapping where that resolved it', () => {
    const ended = (state: string): TimelineFact => aFact('flapping_ended', { summary: 'Quiet', detail: { state } });
    const moves = [opened(), aFact('in_progress', { summary: 'Taken up' })];
    expect(stepOf(aDossier({ timeline: [...moves, ended('in_progress')] }), 'state').summary).toMatch(
      /^new: Taken up;/,
    );
    const resolved = aDossier({ timeline: [...moves, ended('resolved')], workItem: { state: 'resolved' } });
    expect(stepOf(resolved, 'state').summary).toMatch(/^resolved: Quiet;/);
  });

  it.each<[string, Partial<WorkItemEntity>, Date | null, unknown]>([
    ['nothing', {}, null, null],
    ['the end of flapping', { flappingUntil: LATER }, null, { at: LATER, step: 'end_flapping' }],
    [
      'closing',
      { state: 'resolved', stateChangedAt: OPENED_AT },
      null,
      { at: new Date('2026-01-08T03:00:00.000Z'), step: 'close' },
    ],
    [
      'the end of the reopen window',
      { state: 'resolved', stateChangedAt: OPENED_AT, reopenUntil: LATER },
      null,
      { step: 'end_reopen_window' },
    ],
    ['silence, where it comes first', { flappingUntil: LATER }, OPENED_AT, { at: OPENED_AT, step: 'expire_alert' }],
  ])('tells that what the clock does next is %s', (_, workItem, nextExpiry, expected) => {
    const { nextTimer } = stepOf(aDossier({ workItem, nextExpiry }), 'state').detail as { nextTimer: unknown };
    if (expected === null) expect(nextTimer).toBeNull();
    else expect(nextTimer).toMatchObject(expected as object);
  });
});

function taking(by: string, assignee: string): TimelineFact {
  return aFact('in_progress', { detail: { by, assignee } });
}
