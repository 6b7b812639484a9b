import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Body, Controller, Get, Global, Module, Post, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { LocalIssuer, type LocalIssuerOptions, type MintOptions } from '../../demo/issuer';
import { AUTH_ENTITIES } from '../../src/auth/auth.entities';
import { AuthModule } from '../../src/auth/auth.module';
import { CurrentPrincipal, Public, RequireRole, WebhookCaller } from '../../src/auth/decorators';
import type { Principal } from '../../src/auth/principal';
import { refused } from '../../src/auth/refusal';
import { AuthRejections } from '../../src/auth/rejections/auth-rejections';
import { scopeViolation } from '../../src/auth/scopes.rules';
import { registerTokenCheck, TokenCheck } from '../../src/auth/token-check';
import { Clock } from '../../src/common/clock';
import { CONFIG, readConfig, type Config } from '../../src/common/config';
import { ProblemFilter } from '../../src/common/http/problem.filter';
import { requestIdOf } from '../../src/common/http/request-context';
import { createValidationPipe } from '../../src/common/http/validation';
import { Metrics } from '../../src/common/operations/metrics';
import { ReadinessChecks } from '../../src/common/operations/readiness';
import { RetentionModule } from '../../src/common/retention/retention.module';
import { Schedule } from '../../src/common/schedule/schedule';
import { ScheduleModule } from '../../src/common/schedule/schedule.module';
import { Transactions } from '../../src/common/transactions';
import { connect, createDataSource, dataSourceOptions } from '../../src/database/data-source-options';
import { migrate } from '../../src/database/migrate';
import { Auth1764000001000 } from '../../src/database/migrations/1764000001000-auth';

export const TENANT = 'aaaabbbb-0000-4000-8000-dddd2222eeee';
export const AZURE_MONITOR = '461e8683-5575-4561-ac7f-899cc907d62a';
export const WEBHOOK_ROLE = 'ActionGroupsSecureWebhook';
export const RESOURCE = {
  identifierUri: 'api://secure-export',
  clientId: '00001111-aaaa-4222-8bbb-3333cccc4444',
  tokenVersion: 2,
} as const;

/** A key pair takes a while to make: one issuer serves a whole test file. */
export function startIssuer(options: Partial<LocalIssuerOptions> = {}): Promise<LocalIssuer> {
  return LocalIssuer.start({ tenantId: TENANT, resource: RESOURCE, ...options });
}

/** A webhook call's token as Azure Monitor's, and a token for people with roles. */
export const azureMonitor = (options: MintOptions = {}): MintOptions => ({
  appId: AZURE_MONITOR,
  roles: [WEBHOOK_ROLE],
  ...options,
});
export const aUser = (roles: string[], options: MintOptions = {}): MintOptions => ({
  scope: 'user_impersonation',
  name: 'Ada Admin',
  roles,
  ...options,
});

export async function openAuthDatabase(url: string): Promise<DataSource> {
  const settings = { databaseUrl: url, databasePoolSize: 5 };
  const dataSource = await connect(createDataSource(dataSourceOptions(settings, AUTH_ENTITIES, [Auth1764000001000])));
  await migrate(dataSource);
  return dataSource;
}

@Controller('probe')
class ProbeController {
  constructor(private readonly rejections: AuthRejections) {}

  @Public()
  @Get('public')
  open(): object {
    return { ok: true };
  }

  @RequireRole('Viewer')
  @Get('viewer')
  viewer(@CurrentPrincipal() principal: Principal): object {
    return { ...principal, admin: principal.can('Admin') };
  }

  @RequireRole('Operator')
  @Get('operator')
  operator(): object {
    return { ok: true };
  }

  @RequireRole('Manager')
  @Get('manager')
  manager(): object {
    return { ok: true };
  }

  @RequireRole('Admin')
  @Get('admin')
  admin(): object {
    return { ok: true };
  }

  /** Refuses as the alerts module does when a payload is outside the scopes. */
  @WebhookCaller()
  @Post('webhook')
  webhook(
    @CurrentPrincipal() principal: Principal,
    @Body() body: { target?: string },
    @Req() request: FastifyRequest,
  ): object {
    const targets = body.target === undefined ? [] : [body.target];
    const violation = body.target === undefined ? null : scopeViolation(principal, { targets, alertId: '' });
    if (violation !== null)
      throw this.rejections.refuse(request, refused('scope_violation', violation), { verified: true });
    return { ...principal };
  }

  @Get('forgotten')
  forgotten(): object {
    return { ok: true };
  }
}

export interface AuthAppOptions {
  issuer: LocalIssuer;
  databaseUrl: string;
  env?: Record<string, string>;
  /** Leaves the early check out, to see that the guard alone holds. */
  withoutTokenCheck?: boolean;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

/** The real guard, filter and database behind a few routes, listening on a port. */
export class AuthApp {
  private constructor(
    readonly nest: NestFastifyApplication,
    private readonly issuer: LocalIssuer,
  ) {}

  static async start(options: AuthAppOptions): Promise<AuthApp> {
    const config = configFor(options);
    const adapter = new FastifyAdapter({ genReqId: requestIdOf, http: { maxHeaderSize: 32_768 } });
    const nest = await NestFactory.create<NestFastifyApplication>(testModule(config), adapter, {
      logger: ['fatal'],
      abortOnError: false,
    });
    nest.useGlobalFilters(new ProblemFilter());
    nest.useGlobalPipes(createValidationPipe());
    if (!options.withoutTokenCheck) registerTokenCheck(nest.getHttpAdapter().getInstance(), nest.get(TokenCheck));
    nest.enableShutdownHooks([]);
    nest.get(Schedule).pause();
    await nest.listen(0, '127.0.0.1');
    return new AuthApp(nest, options.issuer);
  }

  get port(): number {
    return (this.nest.getHttpServer().address() as AddressInfo).port;
  }

  get dataSource(): DataSource {
    return this.nest.get<DataSource>(getDataSourceToken());
  }

  /** A call with a token made to order. */
  call(path: string, token: MintOptions, init: CallInit = {}): Promise<Answer> {
    return this.callWith(path, ['Authorization', `Bearer ${this.issuer.mint(token)}`], init);
  }

  /** A call with exactly these headers (name, value, name, value …). */
  callWith(path: string, rawHeaders: readonly string[], init: CallInit = {}): Promise<Answer> {
    return call(this.port, { path, rawHeaders, ...init });
  }

  close(): Promise<void> {
    return this.nest.close();
  }
}

export interface CallInit {
  method?: string;
  json?: unknown;
  /** A body as it is, with headers by the caller. */
  text?: string;
}

function call(port: number, of: CallInit & { path: string; rawHeaders: readonly string[] }): Promise<Answer> {
  const { path, rawHeaders, json, text, method = json === undefined ? 'GET' : 'POST' } = of;
  const body = json === undefined ? '' : JSON.stringify(json);
  const content =
    body === '' ? [] : ['Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body))];
  return new Promise((resolve, reject) => {
    const headers = ['Host', 'localhost', ...rawHeaders, ...content];
    const outgoing = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let received = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: (received === '' ? {} : JSON.parse(received)) as Record<string, unknown>,
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(text ?? body);
  });
}

function configFor({ issuer, databaseUrl, env }: AuthAppOptions): Config {
  const config = readConfig({
    AZURE_AD_TENANT_ID: TENANT,
    AZURE_AD_AUDIENCE: `${RESOURCE.identifierUri},${RESOURCE.clientId}`,
    AZURE_AD_AUTHORITY: issuer.url,
    DATABASE_URL: databaseUrl,
    SPOOL_DIR: '',
    // All calls of a test come from one address.
    REFUSED_CALLS_PER_MINUTE: '0',
    ...env,
  });
  return { ...config, authorityCa: issuer.caPem };
}

function testModule(config: Config): new () => unknown {
  @Global()
  @Module({
    imports: [
      TypeOrmModule.forRootAsync({
        useFactory: () => ({ type: 'better-sqlite3', database: '' }),
        dataSourceFactory: () => openAuthDatabase(config.databaseUrl),
      }),
    ],
    providers: [{ provide: CONFIG, useValue: config }, Clock, Transactions, Metrics, ReadinessChecks],
    exports: [CONFIG, Clock, Transactions, Metrics, ReadinessChecks],
  })
  class CommonModule {}

  @Module({ imports: [CommonModule, ScheduleModule, RetentionModule, AuthModule], controllers: [ProbeController] })
  class TestModule {}
  return TestModule;
}
