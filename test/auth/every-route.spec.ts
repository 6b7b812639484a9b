import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { ACCESS_RULE, type AccessRule } from '../../src/auth/decorators';

const SOURCE = join(__dirname, '../../src');

/** Every method of every controller that serves a route, with the rule that stands before it. */
function routes(): { route: string; rule: AccessRule | undefined }[] {
  return controllers().flatMap((controller) => {
    const methods = Object.getOwnPropertyNames(controller.prototype)
      .map((name) => ({ name, method: Reflect.get(controller.prototype as object, name) as object }))
      .filter(({ method }) => Reflect.hasMetadata(METHOD_METADATA, method));
    return methods.map(({ name, method }) => ({
      route: `${controller.name}.${name}`,
      rule: (Reflect.getMetadata(ACCESS_RULE, method) ?? Reflect.getMetadata(ACCESS_RULE, controller)) as AccessRule,
    }));
  });
}

function controllers(): (new () => unknown)[] {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /controller\.ts$/.test(file),
  );
  const exported = files.flatMap((file) => Object.values(jest.requireActual<object>(join(SOURCE, file))) as unknown[]);
  return exported.filter(
    (value): value is new () => unknown => typeof value === 'function' && Reflect.hasMetadata(PATH_METADATA, value),
  );
}

describe('every route of the service', () => {
  it('says who may use it', () => {
    const all = routes();
    expect(all.length).toBeGreaterThan(8);
    expect(all.filter(({ rule }) => rule === undefined)).toEqual([]);
  });

  it('needs a token, but for health', () => {
    const open = routes().filter(({ rule }) => rule?.kind === 'public');
    expect(open.filter(({ route }) => !route.startsWith('Health'))).toEqual([]);
  });

  it('is closed to webhook callers, but for the webhook', () => {
    const forCallers = routes().filter(({ rule }) => rule?.kind === 'webhook');
    expect(forCallers.filter(({ route }) => !route.startsWith('Webhook'))).toEqual([]);
  });
});
