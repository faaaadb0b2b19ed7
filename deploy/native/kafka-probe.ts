import { connect } from 'node:net';

/** Two requests of Kafka's wire protocol, by hand, to ask a broker whether it is ready (kafka.apache.org/protocol). */
const clientId = Buffer.from('native-up');

function request(api: number, version: number, body: Buffer): Buffer {
  const head = Buffer.alloc(14);
  head.writeInt32BE(10 + clientId.length + body.length, 0);
  head.writeInt16BE(api, 4);
  head.writeInt16BE(version, 6);
  head.writeInt16BE(clientId.length, 12);
  return Buffer.concat([head, clientId, body]);
}

/** The answer's body, behind its length and correlation id. */
function ask(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = Buffer.alloc(0);
    socket.setTimeout(1000, () => socket.destroy(new Error('timeout')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) return;
      resolve(answer.subarray(8));
      socket.destroy();
    });
  });
}

/** Metadata v1 without topics: how many brokers the cluster has, as this one sees it. 0 while there is no controller. */
export async function brokersSeenBy(port: number): Promise<number> {
  const body = await ask(port, request(3, 1, Buffer.alloc(4)));
  const brokers = body.readInt32BE(0);
  let at = 4;
  for (let i = 0; i < brokers; i++) {
    at += 4; // node id
    at += 2 + body.readInt16BE(at); // host
    at += 4; // port
    at += 2 + Math.max(0, body.readInt16BE(at)); // rack
  }
  const controller = body.readInt32BE(at);
  return controller < 0 ? 0 : brokers;
}

/** FindCoordinator v1. A new cluster makes its offsets topic at the first such request; clients fail until it stands. */
export async function hasGroupCoordinator(port: number): Promise<boolean> {
  const group = Buffer.from('native-up');
  const body = Buffer.concat([Buffer.from([0, group.length]), group, Buffer.from([0])]);
  const answer = await ask(port, request(10, 1, body));
  return answer.readInt16BE(4) === 0;
}
