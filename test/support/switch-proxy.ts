import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that leads to another server when told to, as an address does that follows the primary. */
export async function switchProxy(to: number) {
  const sockets = new Set<Socket>();
  let target = to;
  let isHeld = false;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        for (const other of [client, upstream]) other.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (data) => {
      if (!isHeld) client.write(data);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    /** From now on nothing that the server says arrives. */
    hold(): void {
      isHeld = true;
    },
    /** Breaks every connection; new ones lead there. */
    lead(port: number): void {
      target = port;
      drop();
    },
    async close(): Promise<void> {
      server.close();
      drop();
    },
  };
}
