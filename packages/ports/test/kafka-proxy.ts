import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Kinds of requests by their api key (kafka.apache.org/protocol). */
const apis = { produce: 0, fetch: 1, metadata: 3, offsetCommit: 8, findCoordinator: 10 } as const;
type Api = keyof typeof apis;
const nameOf = new Map<number, Api>(Object.entries(apis).map(([name, key]) => [key, name as Api]));

/** Puts what comes together to frames: each is its size in 4 bytes, then that many. */
function frames(take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const end = 4 + rest.readInt32BE(0);
      if (rest.length < end) return;
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}

/**
 * A TCP proxy in front of one Kafka broker on 127.0.0.1, which loses answers. A client that begins at its port stays with it: where the
 * broker says its own port, the proxy says its. A broker answers each connection's requests in their order, so an answer's kind is known.
 */
export async function kafkaProxy(broker: number) {
  const sockets = new Set<Socket>();
  /** Every nth answer of a kind is lost. */
  let every: Partial<Record<Api, number>> = {};
  const met: Partial<Record<Api, number>> = {};
  const lost: Partial<Record<Api, number>> = {};

  const server = createServer((client) => {
    const upstream = connect({ port: broker, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    const drop = () => {
      for (const socket of [client, upstream]) socket.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        drop();
      });
    }
    const asked: (Api | undefined)[] = [];
    const onRequest = frames((request) => {
      asked.push(nameOf.get(request.readInt16BE(4)));
      upstream.write(request);
    });
    const onAnswer = frames((answer) => {
      const api = asked.shift();
      if (!api || !isLost(api)) return void client.write(api === 'metadata' || api === 'findCoordinator' ? withOwnPort(answer) : answer);
      // One before its first byte, the next one in its middle.
      if (lost[api]! % 2 === 0) client.write(answer.subarray(0, answer.length / 2), drop);
      else drop();
    });
    client.on('data', onRequest);
    upstream.on('data', onAnswer);
  });

  function isLost(api: Api): boolean {
    const n = every[api];
    if (n === undefined) return false;
    met[api] = (met[api] ?? 0) + 1;
    if (met[api] % n !== 0) return false;
    lost[api] = (lost[api] ?? 0) + 1;
    return true;
  }

  const address = (port: number) => {
    const name = Buffer.from('127.0.0.1\0\0\0\0');
    name.writeInt32BE(port, name.length - 4);
    return name;
  };
  function withOwnPort(answer: Buffer): Buffer {
    for (let at = answer.indexOf(address(broker)); at >= 0; at = answer.indexOf(address(broker), at)) address(port).copy(answer, at);
    return answer;
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `kafka://127.0.0.1:${port}`,
    /** From now on every nth answer of these kinds is lost with its connection, after the broker did what was asked. {}: none is. */
    lose(wanted: Partial<Record<Api, number>>): void {
      every = wanted;
    },
    /** How many were lost so far. */
    lost,
    async close(): Promise<void> {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
