import { join } from 'node:path';
import { AZURE_MONITOR_APP_ID, CALLERS, fetchTokens, TENANT_ID } from './callers';
import { hints, shortPath, writeTokens, type Place } from './hints';
import { LocalIssuer } from './issuer';
import { ACTIONS } from './people';
import { act, addRoutingRule, fillCmdb, mismatches, play, type Service } from './play';
import { createRunFolder, writePrivately } from './run-folder';
import { DemoError, ServiceProcess } from './service-process';
import { STORY, type Step } from './story';
import { actionRow, actionsHead, paintFor, tableHead, tableRow, type Paint } from './table';

const DAY_MS = 86_400_000;

/** Runs the demo; resolves with the exit code. */
export function main({ once }: { once: boolean }): Promise<number> {
  return run({ once, story: STORY, interrupted: firstSignal() });
}

/** The same with any story, until any event: 0 = all went as expected, 1 = it did not, 130 = interrupted before the end. */
export async function run(options: {
  once: boolean;
  story: readonly Step[];
  interrupted: Promise<'interrupted'>;
}): Promise<number> {
  const { once, story, interrupted } = options;
  const demo = new Demo();
  try {
    const faults = await Promise.race([demo.tell(story), interrupted]);
    if (faults === 'interrupted') return 130;
    if (once) return faults === 0 ? 0 : 1;
    await demo.stayUp(interrupted);
    return 0;
  } catch (error) {
    if (!(error instanceof DemoError)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    await demo.stop();
  }
}

class Demo {
  private readonly folder = createRunFolder();
  private issuer: LocalIssuer | null = null;
  private service: ServiceProcess | null = null;
  private renewing: NodeJS.Timeout | null = null;

  /** Starts everything and plays the story; tells how many rows came out otherwise than expected. */
  async tell(story: readonly Step[]): Promise<number> {
    const logFile = join(this.folder, 'service.log');
    console.log(`Starting the service and a local stand-in for Microsoft Entra (log: ${shortPath(logFile)}) …`);
    this.issuer = await LocalIssuer.start({ tenantId: TENANT_ID, apps: Object.values(CALLERS) });
    this.service = await ServiceProcess.start({ env: environment(this.issuer, this.folder), logFile });
    const { tokens } = await fetchTokens(this.issuer);
    return playAll({ url: this.service.url, tokens }, story);
  }

  /** Says what there is to try, and resolves at the request to stop. */
  async stayUp(interrupted: Promise<'interrupted'>): Promise<void> {
    const { folder, issuer, service } = this;
    if (issuer === null || service === null) throw new Error('Nothing was started that could stay up.');
    const { tokens, lifetimeMinutes } = await fetchTokens(issuer);
    const place = { folder, url: service.url, metricsUrl: service.metricsUrl, lifetimeMinutes };
    writeTokens(place, tokens);
    this.keepTokensFresh(issuer, place);
    console.log(`\n${hints(place)}`);
    const end = await Promise.race([interrupted, service.ended]);
    // Ctrl-C in a terminal reaches the service too, which then ends well by itself.
    if (end !== 'interrupted' && end !== 0) throw new DemoError('The service has ended by itself; its log says why.');
    console.log('\nStopping …');
  }

  async stop(): Promise<void> {
    if (this.renewing !== null) clearInterval(this.renewing);
    await this.service?.stop();
    await this.issuer?.close();
  }

  private keepTokensFresh(issuer: LocalIssuer, place: Place): void {
    const renew = (): void =>
      void fetchTokens(issuer).then(
        ({ tokens }) => writeTokens(place, tokens),
        (error: unknown) => console.error(`The tokens could not be renewed: ${String(error)}`),
      );
    this.renewing = setInterval(renew, (place.lifetimeMinutes * 60_000) / 2);
  }
}

async function playAll(service: Service, story: readonly Step[]): Promise<number> {
  const paint = paintFor(process.stdout, process.env);
  console.log(`An operator imports an export of Azure Resource Graph:\n  ${await fillCmdb(service)}`);
  console.log(`A manager adds the routing rule: ${await addRoutingRule(service)}`);
  const faults = await playDay(service, story, paint);
  console.log('\nCI in brackets: holds the thing itself, which the CMDB does not know. Match: how it was found.');
  // What people do builds on the whole day.
  const actions = story === STORY ? ACTIONS : [];
  if (actions.length > 0) faults.push(...(await playActions(service, paint)));
  const count = story.length + actions.length;
  const verdict = faults.length === 0 ? `All ${count} came out as expected.` : 'NOT as expected:';
  console.log(`\n${[verdict, ...faults].join('\n')}`);
  return faults.length;
}

async function playDay(service: Service, story: readonly Step[], paint: Paint): Promise<string[]> {
  const day = new Date(Date.now() - DAY_MS);
  console.log(`Azure Monitor's ${day.toISOString().slice(0, 10)} (UTC):\n\n${tableHead(paint)}`);
  const faults: string[] = [];
  for (const step of story) {
    const played = await play(service, { step, day });
    console.log(tableRow(played, paint));
    const found = mismatches(step.expected, played.became);
    faults.push(...found.map((fault) => `  ${step.firesAt} ${step.what.trim()}: ${fault}`));
  }
  return faults;
}

async function playActions(service: Service, paint: Paint): Promise<string[]> {
  console.log(`\nAnd then people come in:\n\n${actionsHead(paint)}`);
  const faults: string[] = [];
  for (const action of ACTIONS) {
    const got = await act(service, action);
    console.log(actionRow(action, got));
    const { status, answer } = action.expected;
    if (got.status !== status || got.answer !== answer)
      faults.push(
        `  ${action.who} ${action.what.trim()}: expected ${status} ${answer}, got ${got.status} ${got.answer}`,
      );
  }
  return faults;
}

function environment(issuer: LocalIssuer, folder: string): NodeJS.ProcessEnv {
  const caFile = join(folder, 'issuer-ca.pem');
  writePrivately(caFile, issuer.caPem);
  return {
    DATABASE_URL: `sqlite:${join(folder, 'demo.sqlite')}`,
    SPOOL_DIR: join(folder, 'spool'),
    AZURE_AD_TENANT_ID: TENANT_ID,
    AZURE_AD_AUDIENCE: `${issuer.resource.identifierUri},${issuer.resource.clientId}`,
    AZURE_AD_AUTHORITY: issuer.url,
    AZURE_AD_CA_FILE: caFile,
    WEBHOOK_ALLOWED_APP_IDS: AZURE_MONITOR_APP_ID,
    LOG_LEVEL: process.env.LOG_LEVEL,
  };
}

/** Resolves at the first request to stop; a second one ends the process at once. */
function firstSignal(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    let count = 0;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        count += 1;
        // A terminal's Ctrl-C reaches npm and its children alike, some of which pass it on: that is one request.
        if (count > 2) process.exit(130);
        resolve('interrupted');
      });
    }
  });
}
