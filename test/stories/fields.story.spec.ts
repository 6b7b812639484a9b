import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sample } from '../support/samples';
import { TestApp } from '../support/test-app';

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  required?: string[];
}

interface Document {
  paths: Record<string, { get?: { responses: { 200?: { content?: Record<string, { schema: Schema }> } } } }>;
  components: { schemas: Record<string, Schema> };
}

/** As it is published; a check of its own holds it against what the service serves. */
const document = JSON.parse(readFileSync(join(__dirname, '../../docs/openapi.json'), 'utf8')) as Document;

/** Objects whose members are anybody's, or one of several kinds. */
const isOpen = (schema: Schema): boolean =>
  schema.properties === undefined || schema.additionalProperties !== undefined || schema.oneOf !== undefined;

describe('what the service answers', () => {
  let app: TestApp;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    app = await TestApp.start();
    const { body } = await app.post<{ deliveryId: string; alertId: string; workItems: { number: string }[] }>(
      sample('platform-metric-heartbeat-fired'),
    );
    await app.post(sample('log-alerts-v2-heartbeat-dimension-fired'));
    await app.post({ schemaId: 'another' });
    await app.call('POST', '/api/v1/webhooks/azure-monitor', { body: sample('platform-metric-heartbeat-fired') });
    const as = app.token('Manager', 'Admin');
    const manual = await app.call('POST', '/api/v1/work-items', { as, body: { title: 'By Hand' } });
    expect(manual.status).toBe(201);
    ids.number = body.workItems[0]!.number;
    const items = await app.get<{ items: { id: string }[] }>('/api/v1/configuration-items');
    const rules = await app.get<{ items: { id: string }[] }>('/api/v1/admin/routing-rules', 'Admin');
    const apps = await app.get<{ items: { id: string }[] }>('/api/v1/admin/allowed-apps', 'Admin');
    ids['configuration-items'] = items.body.items[0]!.id;
    ids['routing-rules'] = rules.body.items[0]!.id;
    ids['allowed-apps'] = apps.body.items[0]!.id;
    ids.deliveries = body.deliveryId;
    ids.alerts = body.alertId;
  });
  afterAll(() => app.stop());

  function resolved(schema: Schema | undefined): Schema | null {
    if (schema?.allOf?.length === 1) return resolved(schema.allOf[0]);
    const name = schema?.$ref?.split('/').at(-1);
    return name === undefined ? (schema ?? null) : resolved(document.components.schemas[name]);
  }

  /** Where an answer has other members than its schema says. */
  function differences(value: unknown, of: Schema | undefined, path: string): string[] {
    const schema = resolved(of);
    if (schema === null || typeof value !== 'object' || value === null) return [];
    if (Array.isArray(value)) return value.flatMap((each) => differences(each, schema.items, `${path}[]`));
    if (isOpen(schema)) return [];
    const known = schema.properties!;
    const unknown = Object.keys(value).filter((name) => known[name] === undefined);
    const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name));
    return [
      ...unknown.map((name) => `${path}.${name} is in no schema`),
      ...missing.map((name) => `${path}.${name} is missing`),
      ...Object.entries(value).flatMap(([name, member]) => differences(member, known[name], `${path}.${name}`)),
    ];
  }

  it('has the members that the OpenAPI document names, and no others', async () => {
    const found: string[] = [];
    const asked: string[] = [];
    for (const [path, item] of Object.entries(document.paths)) {
      const collection = path.split('/')[path.startsWith('/api/v1/admin/') ? 4 : 3] ?? '';
      const url = path.replace('{number}', ids.number ?? '{number}').replace('{id}', ids[collection] ?? '{id}');
      if (item.get === undefined || !path.startsWith('/api/v1/') || url.includes('{')) continue;
      const answer = await app.call('GET', url, { as: app.token('Viewer', 'Admin', 'Manager') });
      const schema = item.get.responses[200]?.content?.['application/json']?.schema;
      expect([url, answer.status, schema === undefined]).toEqual([url, 200, false]);
      asked.push(path);
      found.push(...differences(answer.body, schema, path));
    }
    expect([...new Set(found)]).toEqual([]);
    expect(asked.length).toBeGreaterThan(20);
  });
});
