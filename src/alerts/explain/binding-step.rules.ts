import type { OtherCandidate } from '../../cmdb/binding/binding-evidence.rules';
import { oneLine } from '../../common/text.rules';
import type { Dossier, Step } from './dossier';
import { counted } from './origin-steps.rules';
import { newestOf } from './timeline-facts.rules';

/** What it is bound to, by which evidence, and what is still open. */
export function bindingStep(dossier: Dossier): Step {
  const configurationItems = boundItems(dossier);
  const openTasks = dossier.kept.tasks
    .filter(({ isOpen }) => isOpen)
    .map(({ id, value, reason, source, candidateIds }) => ({
      ...{ id, value, reason, source },
      candidates: candidateIds.length,
    }));
  const open =
    openTasks.length === 0 ? [] : [`${counted(openTasks.length, 'value', 'values')} to be settled by a person`];
  const [first] = configurationItems;
  const bound = first === undefined ? 'Bound to no configuration item' : `Bound to ${boundTo(first)}`;
  const others = configurationItems.length > 1 ? [`${configurationItems.length - 1} more`] : [];
  return {
    step: 'binding',
    at: newestOf(dossier, BINDING_KINDS)?.at ?? null,
    summary: [bound, ...others, ...losersOf(configurationItems), ...open].join('; '),
    detail: {
      configurationItems,
      openTasks,
      takenOff: dossier.kept.bindings.filter(({ isRemoved }) => isRemoved).map(({ ciId: id, name }) => ({ id, name })),
    },
  };
}

/** What tells of an item that was bound. */
const BINDING_KINDS = ['configuration_item_bound', 'binding_task_resolved'] as const;

/** As many losers of the first item are named. */
const MAX_NAMED = 3;

interface BoundItem {
  id: string;
  name: string;
  className: string;
  role: string;
  method: string;
  confidence: number;
  source: string;
  boundBy: string;
  criticality: number | null;
  /** What the same value might have meant, and why it was not that. */
  others: readonly OtherCandidate[];
}

function boundItems({ configurationItems, kept }: Dossier): BoundItem[] {
  const links = new Map(kept.bindings.map((binding) => [binding.ciId, binding]));
  return configurationItems.map(({ id, name, className, role, binding }) => {
    const { boundBy = 'system', criticality = null } = links.get(id) ?? {};
    return { id, name, className, role, ...binding, boundBy, criticality };
  });
}

function boundTo({ name, role, method, confidence, source }: BoundItem): string {
  return `${oneLine(name, 200)} (${role}) by ${method} (${confidence}) from ${source}`;
}

/** Why the first item, and not another that its value might have meant. */
function losersOf([first]: readonly BoundItem[]): string[] {
  const others = first?.others ?? [];
  if (others.length === 0) return [];
  const named = others.slice(0, MAX_NAMED).map(({ name, reason }) => `${oneLine(name, 100)} (${LOST[reason]})`);
  const more = others.length > MAX_NAMED ? [`${others.length - MAX_NAMED} more`] : [];
  return [`not ${[...named, ...more].join(', ')}`];
}

const LOST: Readonly<Record<OtherCandidate['reason'], string>> = {
  retired: 'has retired',
  elsewhere: 'is elsewhere',
  weaker_evidence: 'weaker evidence',
};
