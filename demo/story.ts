import type { CallerName } from './callers';

/** A work item as the table shows it. */
export interface ShownWorkItem {
  workItem: string | null;
  /** Name of the primary configuration item; in brackets what only holds the thing that the alert is about. */
  configurationItem: string | null;
  /** How that was found. */
  foundBy: string | null;
  priority: number | null;
}

/** What a delivery comes to, as a user of the API sees it. */
export interface Became extends ShownWorkItem {
  status: number;
  /** The webhook's word, or `refused`. */
  outcome: string;
  /** Of a refused call: the reason that is kept for the administrator. */
  reason: string | null;
  state: string | null;
}

/** One delivery of the day. */
export interface Step {
  /** Hour and minute that the sample fires at; the row shows when what it tells of happened. */
  firesAt: string;
  what: string;
  /** File in `samples`. */
  sample: string;
  /** Default: Azure Monitor; null: someone without a token. */
  caller?: CallerName | null;
  expected: Became;
}

const NOTHING: ShownWorkItem = { workItem: null, configurationItem: null, foundBy: null, priority: null };
const NODE_CPU = { workItem: 'INC0000001', configurationItem: '(prom007)', foundBy: 'arm_id', priority: 4 };
const DATACENTER_CPU = { workItem: 'INC0000002', configurationItem: 'datacenter2019', foundBy: 'arm_id', priority: 1 };
const SERVERS_CPU = { workItem: 'INC0000003', configurationItem: 'vm-app01', foundBy: 'scoped_name', priority: 2 };
const RESTART = { workItem: 'INC0000004', configurationItem: 'WCUS-R2-ActLog', foundBy: 'arm_id', priority: 4 };
const SERVICE_STOPPED = { workItem: 'INC0000005', configurationItem: 'avd-dev-0', foundBy: 'alias', priority: 3 };
const VM_DOWN = { workItem: 'INC0000006', configurationItem: 'WCUS-R2-Gen2', foundBy: 'arm_id', priority: 4 };
const VM_CPU = { workItem: 'INC0000007', configurationItem: 'WCUS-R2-Gen2', foundBy: 'arm_id', priority: 4 };
const BUDGET = { ...NOTHING, workItem: 'INC0000008', priority: 4 };

/** The day, in the order of arrival. */
export const STORY: readonly Step[] = [
  {
    firesAt: '02:10',
    what: 'Prometheus: node CPU high',
    sample: 'prometheus-node-cpu-fired',
    expected: accepted('created', 'new', NODE_CPU),
  },
  {
    firesAt: '02:10',
    what: '  and well again',
    sample: 'prometheus-node-cpu-resolved',
    expected: accepted('resolved', 'resolved', NODE_CPU),
  },
  {
    firesAt: '06:15',
    what: 'metric: CPU high',
    sample: 'platform-metric-multi-resource-cpu-episode-1-fired',
    expected: accepted('created', 'new', DATACENTER_CPU),
  },
  {
    firesAt: '06:15',
    what: '  the same call, repeated',
    sample: 'platform-metric-multi-resource-cpu-episode-1-fired',
    expected: accepted('duplicate', 'new', DATACENTER_CPU),
  },
  {
    firesAt: '06:15',
    what: '  CPU normal again',
    sample: 'platform-metric-multi-resource-cpu-episode-1-resolved',
    expected: accepted('resolved', 'resolved', DATACENTER_CPU),
  },
  {
    firesAt: '07:20',
    what: '  high again, 32 min later',
    sample: 'platform-metric-multi-resource-cpu-episode-2-fired',
    expected: accepted('reopened', 'new', DATACENTER_CPU),
  },
  {
    firesAt: '07:20',
    what: '  and normal',
    sample: 'platform-metric-multi-resource-cpu-episode-2-resolved',
    expected: accepted('resolved', 'resolved', DATACENTER_CPU),
  },
  {
    firesAt: '07:05',
    what: '  an older notice, late',
    sample: 'platform-metric-multi-resource-cpu-episode-2-fired',
    expected: accepted('stale', 'resolved', DATACENTER_CPU),
  },
  {
    firesAt: '08:40',
    what: 'log: CPU high on 2 machines',
    sample: 'log-analytics-two-computers-fired',
    expected: accepted('created', 'new', SERVERS_CPU),
  },
  {
    firesAt: '09:30',
    what: 'activity log: VM restarted',
    sample: 'activity-log-administrative-vm-restart-fired',
    expected: accepted('created', 'new', RESTART),
  },
  {
    firesAt: '10:05',
    what: 'log: a service has stopped',
    sample: 'log-alerts-v2-windows-service-stopped-fired',
    expected: accepted('created', 'new', SERVICE_STOPPED),
  },
  {
    firesAt: '11:45',
    what: 'resource health: VM is down',
    sample: 'resource-health-vm-deallocated-fired',
    expected: accepted('created', 'new', VM_DOWN),
  },
  {
    firesAt: '12:22',
    what: '  VM is back',
    sample: 'resource-health-vm-recovered-fired',
    expected: accepted('resolved', 'resolved', VM_DOWN),
  },
  {
    firesAt: '13:40',
    what: 'metric: a Resolved is first',
    sample: 'platform-metric-static-cpu-resolved',
    expected: accepted('recorded', null, NOTHING),
  },
  {
    firesAt: '13:40',
    what: '  its Fired comes after it',
    sample: 'platform-metric-static-cpu-fired',
    expected: accepted('created', 'resolved', VM_CPU),
  },
  {
    firesAt: '15:00',
    what: 'cost: budget exceeded',
    sample: 'cost-budget-actual-test-action-fired',
    expected: accepted('created', 'new', BUDGET),
  },
  {
    firesAt: '16:10',
    what: 'a payload of an old schema',
    sample: 'legacy-metric-alert-v2-static-fired',
    expected: refused(400, 'not_common_schema'),
  },
  {
    firesAt: '17:25',
    what: 'by an app not on the list',
    sample: 'platform-metric-vm-availability-fired',
    caller: 'stranger',
    expected: refused(403, 'app_not_allowed'),
  },
  {
    firesAt: '17:26',
    what: 'by someone without a token',
    sample: 'platform-metric-vm-availability-fired',
    caller: null,
    expected: refused(401, 'malformed'),
  },
];

function accepted(outcome: string, state: string | null, workItem: ShownWorkItem): Became {
  return { status: 200, outcome, reason: null, state, ...workItem };
}

function refused(status: number, reason: string): Became {
  return { status, outcome: 'refused', reason, state: null, ...NOTHING };
}
