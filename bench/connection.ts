import { connect, type Socket } from 'node:net';

export interface Reply {
  status: number;
  body: string;
}

/**
 * One keep-alive HTTP/1.1 connection that posts one body at a time. By hand, because the load shares the cores with what
 * it measures: it takes the answers of one known server, with `content-length`, and nothing else.
 */
export class Connection {
  private socket: Socket | null = null;
  private received = '';
  private settle: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | null = null;
  private readonly head: string;

  constructor(
    private readonly port: number,
    { path, token }: { path: string; token: string },
  ) {
    this.head = [
      `POST ${path} HTTP/1.1`,
      `host: 127.0.0.1:${port}`,
      `authorization: Bearer ${token}`,
      'content-type: application/json; charset=utf-8',
      'content-length: ',
    ].join('\r\n');
  }

  /** `body` is ASCII. Rejects when the connection fails; the next call makes a new one. */
  post(body: string): Promise<Reply> {
    this.socket ??= this.open();
    const { socket } = this;
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      socket.write(`${this.head}${body.length}\r\n\r\n${body}`, 'latin1');
    });
  }

  close(): void {
    this.socket?.destroy();
    this.socket = null;
  }

  private open(): Socket {
    const socket = connect({ host: '127.0.0.1', port: this.port, noDelay: true });
    socket.setEncoding('latin1');
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer for 10 seconds')));
    socket.on('data', (text: string) => this.take(text));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the connection was closed')));
    return socket;
  }

  private take(text: string): void {
    this.received += text;
    const headEnd = this.received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.received)?.[1];
    if (length === undefined) return this.fail(new Error('an answer without content-length'));
    const bodyStart = headEnd + 4;
    if (this.received.length < bodyStart + Number(length)) return;
    const reply = { status: Number(this.received.slice(9, 12)), body: this.received.slice(bodyStart) };
    this.received = '';
    const { settle } = this;
    this.settle = null;
    settle?.resolve(reply);
  }

  private fail(error: Error): void {
    this.received = '';
    this.close();
    const { settle } = this;
    this.settle = null;
    settle?.reject(error);
  }
}
