import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import kafkajs, { type ISocketFactory, type Kafka } from 'kafkajs';
import type { Log } from '../log.ts';
import { kafkaLog } from './kafka-log.ts';
import { kafkaAccess } from './kafka-url.ts';
import { freshConnections } from './kafkajs-connection.ts';
import { quietRequestQueue } from './kafkajs-request-queue.ts';

/**
 * Without Nagle's algorithm: several small requests are under way on one connection, and each would wait for the answer before it. During an
 * outage kafkajs ends a socket that is still connecting once for each request that waits for it, a listener each: no leak to warn of.
 */
const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl
    ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : connectTcp({ host, port }, onConnect);
  return socket.setNoDelay(true).setKeepAlive(true, 60_000).setMaxListeners(0);
};

export function kafkaClient(url: string, clientId: string, log?: Log): Kafka {
  quietRequestQueue();
  freshConnections();
  return new kafkajs.Kafka({
    clientId,
    ...kafkaAccess(url),
    socketFactory,
    connectionTimeout: 3000,
    requestTimeout: 15_000,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 3 },
    logLevel: log ? kafkajs.logLevel.WARN : kafkajs.logLevel.NOTHING,
    logCreator: () => (log ? kafkaLog(log, Date.now) : () => {}),
  });
}
