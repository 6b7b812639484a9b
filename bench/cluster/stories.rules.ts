/** What is told of one signature, and what has to come of it, in whatever order and on whatever instances it arrives. */
export interface Story {
  name: StoryName;
  /** Of its alert rule, by which its rows are found again. */
  rule: string;
  steps: Step[];
  expected: Expected;
}

/** One delivery. */
export interface Step {
  rule: string;
  /** Which alert of the story; each has an id of its own. */
  episode: string;
  condition: 'Fired' | 'Resolved';
  /** Minutes after the story's beginning, in the payload's time. */
  minute: number;
  /** Goes to every instance at the same time. */
  isCopied: boolean;
}

/** The rows of a story at the end; null where the contract leaves it to the order of arrival. */
export interface Expected {
  alerts: number;
  firing: number;
  workItems: number | null;
  /** Of the newest work item. */
  state: 'new' | 'resolved';
  /** Occurrences, over all its work items. */
  alertCount: number;
}

type Moment = [episode: string, condition: 'Fired' | 'Resolved', minute: number];

interface Plot {
  moments: readonly Moment[];
  expected: Expected;
}

const BUSY_EPISODES = 12;

/** Each is told of many signatures. All but the last lie within one reopen window (60 minutes). */
const PLOTS = {
  fires: { moments: [['a', 'Fired', 0]], expected: ends(1, 1, 'new', 1) },
  'fires and is over': {
    moments: [
      ['a', 'Fired', 0],
      ['a', 'Resolved', 5],
    ],
    expected: ends(1, 0, 'resolved', 1),
  },
  'fires again and is live': {
    moments: [
      ['a', 'Fired', 0],
      ['a', 'Resolved', 5],
      ['b', 'Fired', 20],
    ],
    expected: ends(2, 1, 'new', 2),
  },
  'three alerts, one still fires': {
    moments: [
      ['a', 'Fired', 0],
      ['b', 'Fired', 2],
      ['a', 'Resolved', 5],
      ['c', 'Fired', 7],
      ['c', 'Resolved', 9],
    ],
    expected: ends(3, 1, 'new', 3),
  },
  'ended under another id': {
    moments: [
      ['a', 'Fired', 0],
      ['z', 'Resolved', 5],
    ],
    expected: ends(2, 0, 'resolved', 1),
  },
  'fires again, ended under another id': {
    moments: [
      ['a', 'Fired', 0],
      ['a', 'Resolved', 5],
      ['b', 'Fired', 20],
      ['z', 'Resolved', 25],
    ],
    expected: ends(3, 0, 'resolved', 2),
  },
  busy: { moments: busyMoments(), expected: ends(BUSY_EPISODES, BUSY_EPISODES / 2, 'new', BUSY_EPISODES) },
  'again after hours': {
    moments: [
      ['a', 'Fired', 0],
      ['a', 'Resolved', 5],
      ['b', 'Fired', 300],
    ],
    expected: { ...ends(2, 1, 'new', 2), workItems: null },
  },
} satisfies Record<string, Plot>;

export type StoryName = keyof typeof PLOTS;

const NAMES = Object.keys(PLOTS) as StoryName[];

/** Every third delivery goes to all instances at once: Azure repeats calls, and load balancers do. */
const COPIED_EVERY = 3;

/** So many deliveries as stories of every kind, in turn; the last story may go beyond. */
export function storiesOf(deliveries: number): Story[] {
  const stories: Story[] = [];
  for (let count = 0; count < deliveries;) {
    const name = NAMES[stories.length % NAMES.length] as StoryName;
    const story = storyOf(name, stories.length, count);
    stories.push(story);
    count += story.steps.length;
  }
  return stories;
}

function storyOf(name: StoryName, index: number, firstStep: number): Story {
  const rule = `cluster-${String(index).padStart(5, '0')}`;
  const { moments, expected }: Plot = PLOTS[name];
  const steps = moments.map(([episode, condition, minute], step) => ({
    rule,
    episode: `${rule}-${episode}`,
    condition,
    minute,
    isCopied: (firstStep + step) % COPIED_EVERY === 0,
  }));
  return { name, rule, steps, expected };
}

function ends(alerts: number, firing: number, state: Expected['state'], alertCount: number): Expected {
  return { alerts, firing, workItems: 1, state, alertCount };
}

/** Many alerts of one signature: every second one is over. */
function busyMoments(): Moment[] {
  return Array.from({ length: BUSY_EPISODES }, (_, index): Moment[] => {
    const fired: Moment = [`e${index}`, 'Fired', index];
    return index % 2 === 0 ? [fired] : [fired, [`e${index}`, 'Resolved', index + 20]];
  }).flat();
}

/** The stories' steps in a random order in which each stays near its place, so that what belongs together meets. */
export function inOneStream(stories: readonly Story[], random: () => number): Step[] {
  const placed = stories.flatMap(({ steps }, index) =>
    steps.map((step) => ({ step, place: index + random() * NEARNESS })),
  );
  return placed.sort((one, other) => one.place - other.place).map(({ step }) => step);
}

/** How many stories are told at the same time. */
const NEARNESS = 8;
