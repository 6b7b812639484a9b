import type { IncomingMessage, ServerResponse } from 'node:http';
import { LocalIssuer, type LocalIssuerOptions } from '../../demo/issuer';

type Document = Record<string, unknown>;

/** What an authority may do wrong with one of its documents; null = nothing. */
export type Fault =
  | { kind: 'hang' | 'truncated' | 'not-json' | 'oversize' | 'redirect' | 'reset' }
  | { kind: 'status'; status: number }
  | { kind: 'changed'; change: (document: Document) => unknown };

/** The local issuer with switches for faults. Tests alone have it. */
export class FaultyIssuer extends LocalIssuer {
  metadataFault: Fault | null = null;
  keysFault: Fault | null = null;
  /** How often each path was asked for. */
  readonly requests = new Map<string, number>();

  static override async start(options: LocalIssuerOptions): Promise<FaultyIssuer> {
    const issuer = new FaultyIssuer(options);
    await issuer.listen();
    return issuer;
  }

  /** Both documents fail in this way; null heals both. */
  set fault(fault: Fault | null) {
    this.metadataFault = fault;
    this.keysFault = fault;
  }

  countOf(ending: string): number {
    return [...this.requests].filter(([path]) => path.endsWith(ending)).reduce((sum, [, count]) => sum + count, 0);
  }

  protected override async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    this.requests.set(path, (this.requests.get(path) ?? 0) + 1);
    const fault = path.endsWith('openid-configuration') ? this.metadataFault : this.keysFault;
    if (fault === null) return super.respond(request, response);
    const { body } = await this.answer(request);
    misbehave(response, fault, body as Document);
  }
}

function misbehave(response: ServerResponse, fault: Fault, document: Document): void {
  const text = JSON.stringify(document);
  switch (fault.kind) {
    case 'hang':
      return;
    case 'reset':
      response.destroy();
      return;
    case 'truncated':
      response.writeHead(200, { 'content-length': text.length + 10 }).write(text);
      return;
    case 'not-json':
      response.end('<html>Service unavailable</html>');
      return;
    case 'oversize':
      response.end(JSON.stringify({ ...document, padding: 'x'.repeat(600 * 1_024) }));
      return;
    case 'redirect':
      response.writeHead(302, { location: 'https://attacker.example/' }).end();
      return;
    case 'status':
      response.writeHead(fault.status, { 'content-type': 'application/json' }).end(text);
      return;
    case 'changed':
      response.end(JSON.stringify(fault.change(document)));
  }
}
