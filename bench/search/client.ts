import { Agent, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';

/** An answer, and how long it took to come whole. */
export interface Timed<T> {
  status: number;
  body: T;
  ms: number;
}

/** Reads from the service over one connection that is kept alive, as somebody who may. */
export class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(
    private readonly port: number,
    private readonly token: string,
  ) {}

  async get<T>(path: string): Promise<Timed<T>> {
    const start = process.hrtime.bigint();
    const answer = await this.open(path, 'application/json');
    let text = '';
    answer.setEncoding('utf8');
    for await (const part of answer as AsyncIterable<string>) text += part;
    const ms = Number(process.hrtime.bigint() - start) / 1e6;
    return { status: answer.statusCode ?? 0, body: JSON.parse(text) as T, ms };
  }

  /** An answer whose body is still to come. */
  async open(path: string, accept: string): Promise<IncomingMessage> {
    const headers = { authorization: `Bearer ${this.token}`, accept };
    const call = request({ host: '127.0.0.1', port: this.port, path, headers, agent: this.agent });
    call.end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    return answer;
  }

  close(): void {
    this.agent.destroy();
  }
}
