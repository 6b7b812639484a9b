import type { OtherCandidate } from '../../cmdb/binding/binding-evidence.rules';
import { bindingStep } from './binding-step.rules';
import type { Dossier } from './dossier';

const EVIDENCE = { method: 'scoped_name', confidence: 75, source: 'data.essentials.configurationItems[0]' } as const;

function other(name: string, reason: OtherCandidate['reason']): OtherCandidate {
  return { ciId: name, name, method: 'unique_name', confidence: 60, reason };
}

function stepWith(others: readonly OtherCandidate[]): ReturnType<typeof bindingStep> {
  const ci = { id: 'a', name: 'db', className: 'cmdb_ci', resourceId: null, role: 'primary' } as const;
  const dossier: Partial<Dossier> = {
    timeline: [],
    kept: { bindings: [], tasks: [] },
    configurationItems: [{ ...ci, binding: { ...EVIDENCE, others } }],
  };
  return bindingStep(dossier as Dossier);
}

describe('the binding step of an explanation', () => {
  it('tells which items it was not, and why', () => {
    const others = [other('old', 'retired'), other('far', 'elsewhere'), other('weak', 'weaker_evidence')];
    const { summary, detail } = stepWith(others);
    expect(summary).toBe(
      `Bound to db (primary) by scoped_name (75) from ${EVIDENCE.source}; ` +
        'not old (has retired), far (is elsewhere), weak (weaker evidence)',
    );
    expect(detail).toMatchObject({ configurationItems: [{ id: 'a', others }] });
  });

  it('names a few of many, and says nothing of none', () => {
    const many = Array.from({ length: 5 }, (_, index) => other(`o${index}`, 'elsewhere'));
    expect(stepWith(many).summary).toMatch(
      /; not o0 \(is elsewhere\), o1 \(is elsewhere\), o2 \(is elsewhere\), 2 more$/,
    );
    expect(stepWith([]).summary).not.toContain('not ');
  });
});
