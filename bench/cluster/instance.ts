import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalIssuer } from '../../demo/issuer';
import type { Cleanup } from '../cleanup';
import { Service } from '../service';

/** One instance of the service, with a spool of its own; it may be killed and started again. */
export class Instance {
  private service: Service | null = null;

  constructor(
    readonly name: string,
    private readonly parts: { databaseUrl: string; issuer: LocalIssuer; directory: string; cleanup: Cleanup },
  ) {
    mkdirSync(parts.directory);
    parts.cleanup.add(() => this.stop());
  }

  /** Null while it does not run. */
  get port(): number | null {
    return this.service?.port ?? null;
  }

  async start(): Promise<void> {
    const { databaseUrl, issuer, directory } = this.parts;
    await Service.start({ databaseUrl, issuer, directory, profile: false }, (service) => {
      this.service = service;
    });
  }

  async stop(): Promise<void> {
    await this.service?.stop();
    this.service = null;
  }

  /** Without a chance to finish anything. */
  kill(): void {
    if (this.service !== null) process.kill(this.service.pid, 'SIGKILL');
    this.service = null;
  }

  /** Files of deliveries that still wait for the database. */
  spoolFiles(): string[] {
    const names = readdirSync(join(this.parts.directory, 'spool'), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.spool') || name.endsWith('.damaged'));
  }
}
