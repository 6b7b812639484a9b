import { roleOfAnswer } from './answer.rules';

const LAW = '/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/law';
const vm = { id: 'vm', className: 'cmdb_ci_vm_instance', resourceId: null } as const;
const workspace = { id: 'law', className: 'cmdb_ci_cloud_log_workspace', resourceId: LAW } as const;
const typedIn = { id: 'typed', className: 'cmdb_ci_cloud_log_workspace', resourceId: null } as const;

describe('the item that a person answers with', () => {
  it.each([
    ['leads where nothing is bound', [], 'primary'],
    ['leads where nothing leads', [{ ...vm, role: 'affected' as const }], 'primary'],
    ['leads where a mere container does', [{ ...workspace, role: 'primary' as const }], 'primary'],
    ['leads where a container that a person entered does', [{ ...typedIn, role: 'primary' as const }], 'primary'],
    ['is affected where another item leads', [{ ...vm, role: 'primary' as const }], 'affected'],
    ['goes on leading', [{ ...vm, id: 'answer', role: 'primary' as const }], 'primary'],
  ])('%s', (_, items, role) => {
    expect(roleOfAnswer(items, 'answer')).toBe(role);
  });
});
