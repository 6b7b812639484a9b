import { request } from 'node:https';
import type { IssuerApp, LocalIssuer } from './issuer';

/** Azure Monitor's own application in the public cloud. Source: Azure Monitor documentation, action groups. */
export const AZURE_MONITOR_APP_ID = '461e8683-5575-4561-ac7f-899cc907d62a';

export const TENANT_ID = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';

/** Who calls in the demo. */
export type CallerName = 'viewer' | 'operator' | 'manager' | 'admin' | 'azure' | 'stranger';

/** The applications that the issuer knows. Their secrets are good for nothing outside the demo. */
export const CALLERS: Record<CallerName, IssuerApp> = {
  viewer: app(1, 'Viewer'),
  operator: app(2, 'Operator'),
  manager: app(3, 'Manager'),
  admin: app(4, 'Admin'),
  azure: { ...app(5, 'ActionGroupsSecureWebhook'), appId: AZURE_MONITOR_APP_ID },
  stranger: app(6, 'ActionGroupsSecureWebhook'),
};

export type Tokens = Record<CallerName, string>;

interface TokenAnswer {
  access_token: string;
  expires_in: number;
}

/** Gets a token for each caller as Entra's clients do: with the client-credentials grant of the token endpoint. */
export async function fetchTokens(issuer: LocalIssuer): Promise<{ tokens: Tokens; lifetimeMinutes: number }> {
  const names = Object.keys(CALLERS) as CallerName[];
  const answers = await Promise.all(names.map((name) => requestToken(issuer, CALLERS[name])));
  const tokens = Object.fromEntries(names.map((name, index) => [name, answers[index]?.access_token])) as Tokens;
  const lifetimeSeconds = Math.min(...answers.map(({ expires_in }) => expires_in));
  return { tokens, lifetimeMinutes: Math.floor(lifetimeSeconds / 60) };
}

async function requestToken(issuer: LocalIssuer, { appId, secret }: IssuerApp): Promise<TokenAnswer> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: appId,
    client_secret: secret,
    scope: `${issuer.resource.identifierUri}/.default`,
  });
  const url = `${issuer.url}/${TENANT_ID}/oauth2/v2.0/token`;
  const answer = await postForm(url, { form: form.toString(), ca: issuer.caPem });
  if (answer.status !== 200) throw new Error(`The local issuer gave no token to ${appId}: ${answer.body}`);
  return JSON.parse(answer.body) as TokenAnswer;
}

/** `fetch` takes no CA of its own, so this is `node:https`. */
function postForm(url: string, { form, ca }: { form: string; ca: string }): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const call = request(url, { method: 'POST', headers, ca }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(form);
  });
}

function app(number: number, role: string): IssuerApp {
  const end = String(number).padStart(12, '0');
  return {
    appId: `de300000-0000-4000-8000-${end}`,
    objectId: `de300000-0000-4000-9000-${end}`,
    secret: `demo-secret-${number}`,
    roles: [role],
  };
}
