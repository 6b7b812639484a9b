import { Global, Module, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { LocalIssuer } from '../../demo/issuer';
import { AuthModule } from '../../src/auth';
import type { Role } from '../../src/auth';
import { CmdbModule } from '../../src/cmdb/cmdb.module';
import { Clock } from '../../src/common/clock';
import { CONFIG, type Config } from '../../src/common/config';
import { ProblemFilter } from '../../src/common/http/problem.filter';
import { Transactions } from '../../src/common/transactions';
import { aUser, configFor } from '../auth/support';

/** What came back. */
export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: Record<string, unknown>;
}

/** The CMDB's routes behind the real guard, pipe and filter. */
export class CmdbApp {
  private constructor(
    private readonly nest: NestFastifyApplication,
    private readonly issuer: LocalIssuer,
  ) {}

  static async start(issuer: LocalIssuer, dataSource: DataSource): Promise<CmdbApp> {
    const config = configFor({ issuer, databaseUrl: 'sqlite:unused' });
    const module = testModule(config, dataSource);
    const nest = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { logger: ['fatal'] });
    nest.useGlobalFilters(new ProblemFilter());
    nest.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
    await nest.init();
    await nest.getHttpAdapter().getInstance().ready();
    return new CmdbApp(nest, issuer);
  }

  async call(role: Role, method: 'GET' | 'POST', url: string, json?: object): Promise<Answer> {
    const authorization = `Bearer ${this.issuer.mint(aUser([role]))}`;
    const answer = await this.nest.inject({ method, url: `/api/v1${url}`, headers: { authorization }, payload: json });
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
  }

  close(): Promise<void> {
    return this.nest.close();
  }
}

function testModule(config: Config, dataSource: DataSource): new () => unknown {
  @Global()
  @Module({
    imports: [
      TypeOrmModule.forRootAsync({
        useFactory: () => ({ type: 'better-sqlite3', database: '' }),
        dataSourceFactory: () => Promise.resolve(dataSource),
      }),
    ],
    providers: [{ provide: CONFIG, useValue: config }, Clock, Transactions],
    exports: [CONFIG, Clock, Transactions],
  })
  class CommonModule {}

  @Module({ imports: [CommonModule, AuthModule, CmdbModule] })
  class TestModule {}
  return TestModule;
}
