import { setTimeout as sleep } from 'node:timers/promises';
import type { Tokens } from './callers';
import { shiftedSample } from './samples';
import { ROUTING_RULE, type Action } from './people';
import { DESKTOP, ESTATE } from './estate';
import type { Became, Step } from './story';

const NO_WORK_ITEM = { workItem: null, state: null, configurationItem: null, foundBy: null, priority: null };

const WEBHOOK = '/api/v1/webhooks/azure-monitor';
/** Refused calls are written in the background, about every two seconds. */
const REJECTION_TIMEOUT_MS = 10_000;
const REJECTION_POLL_MS = 200;
const CALL_TIMEOUT_MS = 15_000;
/** What the service does by itself, such as binding what an import has brought, takes a moment. */
const EVENTUAL_MS = 10_000;

/** The running service and the tokens to call it with. */
export interface Service {
  url: string;
  tokens: Tokens;
}

/** A step that was played. */
export interface Played {
  step: Step;
  happenedAt: Date;
  became: Became;
}

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** Puts the estate into the CMDB, as an operator does: an export of Azure Resource Graph, and by hand what is in none. */
export async function fillCmdb({ url, tokens }: Service): Promise<string> {
  const items = `${url}/api/v1/configuration-items`;
  const imported = await call(`${items}/import`, { token: tokens.operator, body: JSON.stringify(ESTATE) });
  if (imported.status !== 200) throw new Error(`The export was not imported: ${JSON.stringify(imported.body)}`);
  const desktop = await call(items, { token: tokens.operator, body: JSON.stringify(DESKTOP) });
  if (desktop.status !== 201) throw new Error(`A configuration item was not created: ${JSON.stringify(desktop.body)}`);
  const { created, implied, relations } = imported.body as Record<string, number>;
  return `${created} resources, ${implied} that hold them, ${relations} relations; by hand: ${String(desktop.body.name)}`;
}

/** Adds the routing rule of the story, as a manager does. */
export async function addRoutingRule({ url, tokens }: Service): Promise<string> {
  const answer = await call(`${url}/api/v1/admin/routing-rules`, {
    token: tokens.manager,
    body: JSON.stringify(ROUTING_RULE),
  });
  if (answer.status !== 201)
    throw new Error(`The routing rule was not added: ${answer.status} ${JSON.stringify(answer.body)}`);
  return String(answer.body.name);
}

/** Does what a person does, and tells the status and what the table shows of the answer. */
export async function act(service: Service, action: Action): Promise<Action['expected']> {
  const deadline = Date.now() + (action.isEventual === true ? EVENTUAL_MS : 0);
  for (;;) {
    const got = await actOnce(service, action);
    if (got.answer === action.expected.answer || Date.now() >= deadline) return got;
    await sleep(REJECTION_POLL_MS);
  }
}

async function actOnce({ url, tokens }: Service, action: Action): Promise<Action['expected']> {
  const { who, method, path, body, headers, shows } = action;
  const { status, body: answer } = await call(`${url}/api/v1${path}`, {
    ...{ token: tokens[who], method, headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status, answer: shows(answer) };
}

/** Posts one delivery to the webhook, and asks the API what became of it. */
export async function play(service: Service, { step, day }: { step: Step; day: Date }): Promise<Played> {
  const { body, happenedAt } = shiftedSample(step.sample, timeOfDay(day, step.firesAt));
  const token = step.caller === null ? null : service.tokens[step.caller ?? 'azure'];
  const answer = await call(`${service.url}${WEBHOOK}`, { token, body });
  const became = answer.status < 300 ? await acceptedAs(service, answer) : await refusedAs(service, answer);
  return { step, happenedAt, became };
}

/** What came out otherwise than expected, one line each. */
export function mismatches(expected: Became, got: Became): string[] {
  return (Object.keys(expected) as (keyof Became)[])
    .filter((name) => expected[name] !== got[name])
    .map((name) => `${name}: expected ${expected[name] ?? 'none'}, got ${got[name] ?? 'none'}`);
}

async function acceptedAs(service: Service, { status, body }: Answer): Promise<Became> {
  const [touched] = body.workItems as { number: string }[];
  const outcome = String(body.outcome);
  if (touched === undefined) return { status, outcome, reason: null, ...NO_WORK_ITEM };
  const { body: workItem } = await call(`${service.url}/api/v1/work-items/${touched.number}`, {
    token: service.tokens.viewer,
  });
  const items = workItem.configurationItems as { name: string; role: string; binding: { method: string } }[];
  const shown = items.find(({ role }) => role === 'primary') ?? items[0];
  return {
    status,
    outcome,
    reason: null,
    workItem: touched.number,
    state: String(workItem.state),
    configurationItem: shown === undefined ? null : nameOf(shown),
    foundBy: shown?.binding.method ?? null,
    priority: Number(workItem.priority),
  };
}

function nameOf({ name, role }: { name: string; role: string }): string {
  return role === 'primary' ? name : `(${name})`;
}

async function refusedAs(service: Service, { status, body }: Answer): Promise<Became> {
  const isAboutTheCaller = status === 401 || status === 403;
  const reason = isAboutTheCaller ? await rejectionReason(service, String(body.requestId)) : String(body.code);
  return { status, outcome: 'refused', reason, ...NO_WORK_ITEM };
}

/** Only an administrator is told why a caller was refused. */
async function rejectionReason({ url, tokens }: Service, requestId: string): Promise<string | null> {
  const deadline = Date.now() + REJECTION_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const { body } = await call(`${url}/api/v1/admin/auth-rejections`, { token: tokens.admin });
    const rejections = body.items as { requestId: string; reason: string }[];
    const found = rejections.find((rejection) => rejection.requestId === requestId);
    if (found !== undefined) return found.reason;
    await sleep(REJECTION_POLL_MS);
  }
  return null;
}

async function call(
  url: string,
  { token, body, method, headers }: { token: string | null; body?: string; method?: string } & Pick<Action, 'headers'>,
): Promise<Answer> {
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...headers,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body,
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

function timeOfDay(day: Date, hourAndMinute: string): Date {
  return new Date(`${day.toISOString().slice(0, 10)}T${hourAndMinute}:00Z`);
}
