import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of a server, which breaks what passes through it. */
export async function dropProxy(port: number, host: string) {
  const sockets = new Set<Socket>();
  let to = port;
  /** Replies are no longer passed on. */
  let deaf = false;
  /** Called when the server answered what is no longer passed on. */
  let onAnswer = () => {};
  const server = createServer((client) => {
    const upstream = connect(to, host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        for (const other of [client, upstream]) other.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (answer) => (deaf ? onAnswer() : client.write(answer)));
  });
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  await listen(0);
  const address = server.address();
  const ownPort = typeof address === 'object' && address ? address.port : 0;
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: ownPort,
    /** From now on the server's next answer is lost, with the connection. Resolves when that has happened. */
    loseNextAnswer: () =>
      new Promise<void>((resolve) => {
        deaf = true;
        onAnswer = () => {
          deaf = false;
          drop();
          resolve();
        };
      }),
    /** From now on no answer comes; connections stay. */
    hang() {
      deaf = true;
      onAnswer = () => {};
    },
    /** Breaks every connection; new ones lead to that port, as an address does that follows the primary. */
    lead(port: number) {
      to = port;
      drop();
    },
    async goDown() {
      const closed = new Promise((resolve) => server.close(resolve));
      drop();
      await closed;
    },
    async comeBack() {
      deaf = false;
      drop();
      if (!server.listening) await listen(ownPort);
    },
  };
}
