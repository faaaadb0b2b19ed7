import { connect as connectTcp } from 'node:net';
import kafkajs, { type ISocketFactory, type Kafka } from 'kafkajs';
import type { Log } from '../log.ts';
import { kafkaLog } from './kafka-log.ts';
import { freshConnections } from './kafkajs-connection.ts';
import { quietRequestQueue } from './kafkajs-request-queue.ts';

/** `kafka://host:port,host:port` → ['host:port', …]. */
export function brokersOf(url: string): string[] {
  const brokers = /^kafka:\/\/([^/?#@]+)\/?$/.exec(url)?.[1]?.split(',') ?? [];
  if (brokers.length === 0 || brokers.some((broker) => !/^.+:\d+$/.test(broker)))
    throw new Error(`a Kafka URL reads kafka://host:port,host:port, not ${url}`);
  return brokers;
}

/**
 * Without Nagle's algorithm: several small requests are under way on one connection, and each would wait for the answer before it. During an
 * outage kafkajs ends a socket that is still connecting once for each request that waits for it, a listener each: no leak to warn of.
 */
const socketFactory: ISocketFactory = ({ host, port, onConnect }) =>
  connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, onConnect).setMaxListeners(0);

export function kafkaClient(url: string, clientId: string, log?: Log): Kafka {
  quietRequestQueue();
  freshConnections();
  return new kafkajs.Kafka({
    clientId,
    brokers: brokersOf(url),
    socketFactory,
    connectionTimeout: 3000,
    requestTimeout: 15_000,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 3 },
    logLevel: log ? kafkajs.logLevel.WARN : kafkajs.logLevel.NOTHING,
    logCreator: () => (log ? kafkaLog(log, Date.now) : () => {}),
  });
}
