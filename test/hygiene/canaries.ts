import { sample } from '../support/samples';

/** A secret, or a person's data, that must be found nowhere once it was sent. */
export const CANARIES = {
  bearer: 'canary01bearerAbCdEf0123456789',
  jwt: `${base64({ alg: 'RS256', typ: 'JWT', kid: 'canary02' })}.${base64({ sub: 'canary02', aud: 'x' })}.Y2FuYXJ5MDI`,
  signature: 'canary03%2Bsig%3D',
  accountKey: 'canary04AccountKey+/==',
  password: 'canary05-hunter2',
  clientSecret: 'canary06~secret',
  email: 'canary07.jo@corp.example',
  claims: 'Canary08 Jo Doe',
  caller: '0ca7a409-0000-4000-8000-0000000000c9',
  address: '203.0.113.110',
  functionKey: 'canary11functionkey',
  userInfo: 'canary12pw',
  sharedKey: 'canary13shared/key=',
  pair: 'canary14-pair',
  embedded: 'Canary15 in a text',
  name: 'canary16.member@corp.example',
  apiKey: 'canary17-api',
} as const;

const C = CANARIES;

function base64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Every text in which secrets travel. */
export const SECRET_TEXTS: readonly string[] = [
  `Authorization: Bearer ${C.bearer}`,
  `https://store.blob.core.windows.net/c/b?sv=2024-11-04&sig=${C.signature}&se=2027`,
  `https://api.example/x?access_token=${C.jwt}&y=1`,
  `see ${C.jwt} for it`,
  `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${C.accountKey};EndpointSuffix=core.windows.net`,
  `Server=db;User Id=sa;Password=${C.password};Encrypt=true`,
  `grant_type=client_credentials&client_secret=${C.clientSecret}`,
  `https://fn.azurewebsites.net/api/x?code=${C.functionKey}`,
  `amqp://user:${C.userInfo}@host/x`,
  `Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=${C.sharedKey};EntityPath=q`,
];

/** An activity log alert with every kind of secret, in every place that has room for it. */
export function canaryAlert(essentials: Record<string, unknown> = {}): unknown {
  const text = [...SECRET_TEXTS, `ask ${C.email}`].join('\n');
  const payload = sample('activity-log-administrative-vm-restart-fired', {
    description: text,
    investigationLink: SECRET_TEXTS[1],
    alertRule: `rule ${SECRET_TEXTS[5] ?? ''}`,
    ...essentials,
  });
  Object.assign(payload.data.alertContext, {
    caller: C.caller,
    claims: JSON.stringify({ name: C.claims, ipaddr: C.address }),
    httpRequest: JSON.stringify({ clientIpAddress: C.address, method: 'POST' }),
    clientIpAddress: C.address,
    headers: { authorization: `Bearer ${C.bearer}`, 'x-api-key': C.apiKey },
    properties: {
      texts: SECRET_TEXTS,
      list: [[{ name: 'AdminPassword', value: C.pair }]],
      eventData: JSON.stringify({ claims: { name: C.embedded }, caller: C.caller, clientIpAddress: C.address }),
      [`owner ${C.name}`]: 1,
      requestbody: JSON.stringify({ properties: { dbPassword: C.password, contact: C.email } }),
    },
  });
  return { ...payload, data: { ...payload.data, customProperties: customProperties() } };
}

function customProperties(): Record<string, string> {
  return {
    token: C.jwt,
    runbook: `https://x.example/?sig=${C.signature}`,
    contact: C.email,
    'sql-connection-string': `Server=db;Pwd=${C.password}`,
    SAS_TOKEN: C.sharedKey,
    note: SECRET_TEXTS.join(' '),
  };
}

/** Which canaries a text holds, in any letter case and as JSON or a URL would write them. */
export function found(text: string, names: readonly (keyof typeof CANARIES)[] = canaryNames()): string[] {
  const lower = text.toLowerCase();
  return names.filter((name) => formsOf(CANARIES[name]).some((form) => lower.includes(form.toLowerCase())));
}

export function canaryNames(): (keyof typeof CANARIES)[] {
  return Object.keys(CANARIES) as (keyof typeof CANARIES)[];
}

function formsOf(canary: string): string[] {
  return [canary, encodeURIComponent(canary), JSON.stringify(canary).slice(1, -1)];
}
