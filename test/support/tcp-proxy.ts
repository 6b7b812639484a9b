import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between the service and its database server, to be cut like a cable. */
export class TcpProxy {
  /** Each end, and the other one, which gets what it says. */
  private readonly sockets = new Map<Socket, Socket>();
  private isCut = false;
  private isStalled = false;
  private forgotten: Socket[] = [];

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
  ) {
    server.on('connection', (client) => this.join(client));
  }

  static async start(target: { host: string; port: number }): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, target);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends all connections, and every new one at once. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets.keys()) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  /** Lets nothing through any more and keeps all connections, as a network does that swallows packets. */
  stall(): void {
    this.isStalled = true;
    // Paused alone, a pipe would go on as soon as its other end has drained.
    for (const socket of this.sockets.keys()) socket.unpipe().pause();
  }

  flow(): void {
    this.isStalled = false;
    for (const [from, to] of this.sockets) from.pipe(to);
  }

  /** Swallows for ever what the connections of now carry, and tells neither side; new ones work, as behind a router that forgot them. */
  forget(): void {
    for (const socket of this.sockets.keys()) {
      socket.unpipe().pause().removeAllListeners('error').removeAllListeners('close');
      socket.on('error', () => undefined);
    }
    this.forgotten = [...this.sockets.keys()];
    this.sockets.clear();
  }

  async close(): Promise<void> {
    for (const socket of this.forgotten) socket.destroy();
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    if (this.isCut) return void client.destroy();
    const server = connect(this.target);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.set(from, to);
      if (this.isStalled) from.pause();
      else from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}
