import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { assertJava, java, kafkaClassPath } from './kafka-jars.ts';
import { brokersSeenBy, hasGroupCoordinator } from './kafka-probe.ts';
import { Fault, freePorts, isRunning, startDetached, stopProcess, until } from './processes.ts';

export interface KafkaState {
  clusterId: string;
  brokers: { id: number; port: number; controllerPort: number; pid: number }[];
}

const mark = 'kafka.Kafka';
const jvm = [
  '-Xmx256m',
  '-Xms64m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Xshare:auto',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
];
const folderOf = (dir: string, id: number): string => join(dir, `broker-${id}`);
const propertiesOf = (dir: string, id: number): string => join(folderOf(dir, id), 'server.properties');

/** As in server.properties. */
type Properties = Record<string, string | number | boolean>;

/** KRaft, broker and controller in one process, sized for a laptop: small heap, small indexes, quick failover. */
function serverProperties(dir: string, state: KafkaState, id: number, more: Properties): string {
  const { port, controllerPort } = state.brokers[id - 1]!;
  const replicas = Math.min(3, state.brokers.length);
  const inSync = replicas > 1 ? 2 : 1;
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': state.brokers.map((broker) => `${broker.id}@127.0.0.1:${broker.controllerPort}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folderOf(dir, id), 'log-dir'),
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': 2,
    'group.initial.rebalance.delay.ms': 0,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
    'log.cleaner.dedupe.buffer.size': 2_097_152,
    'log.index.size.max.bytes': 1_048_576,
    'log.segment.bytes': 67_108_864,
    'broker.session.timeout.ms': 6000,
    'broker.heartbeat.interval.ms': 1000,
    'controller.quorum.election.timeout.ms': 1000,
    'controller.quorum.fetch.timeout.ms': 2000,
    ...more,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

async function newState(brokers: number): Promise<KafkaState> {
  const ports = await freePorts(2 * brokers);
  return {
    clusterId: `A${randomBytes(16).toString('base64url').slice(1)}`,
    brokers: Array.from({ length: brokers }, (_, i) => ({ id: i + 1, port: ports[i]!, controllerPort: ports[brokers + i]!, pid: 0 })),
  };
}

async function format(classPath: string, dir: string, { clusterId }: KafkaState, id: number): Promise<void> {
  const argv = [...jvm, '-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertiesOf(dir, id)];
  await promisify(execFile)(java, argv).catch((error) => {
    throw new Fault(`Kafka could not format ${dir}: ${String(error.stderr || error.message).split('\n')[0]}`);
  });
}

/**
 * Starts the brokers that do not run, on the ports and data of `prior` where there is one, and waits until each answers, sees the others and
 * has a group coordinator. `more`: further properties. Throws a {@link Fault}.
 */
export async function startKafka(dir: string, brokers: number, prior?: KafkaState, more: Properties = {}): Promise<KafkaState> {
  await assertJava();
  const classPath = await kafkaClassPath();
  const state = prior ?? (await newState(brokers));
  const stopped = state.brokers.filter(({ pid }) => !isRunning(pid, mark));
  await Promise.all(stopped.map(({ id }) => prepareFolder(classPath, dir, state, id, more)));
  for (const broker of stopped) {
    const folder = folderOf(dir, broker.id);
    broker.pid = startDetached(java, [...jvm, '-cp', classPath, mark, propertiesOf(dir, broker.id)], folder);
  }
  try {
    await Promise.all(state.brokers.map((broker) => untilReady(dir, state, broker)));
  } catch (error) {
    await stopKafka(state, 0);
    throw error;
  }
  return state;
}

async function prepareFolder(classPath: string, dir: string, state: KafkaState, id: number, more: Properties): Promise<void> {
  mkdirSync(folderOf(dir, id), { recursive: true });
  writeFileSync(propertiesOf(dir, id), serverProperties(dir, state, id, more));
  if (!existsSync(join(folderOf(dir, id), 'log-dir', 'meta.properties'))) await format(classPath, dir, state, id);
}

async function untilReady(dir: string, state: KafkaState, { id, port, pid }: KafkaState['brokers'][number]): Promise<void> {
  const log = join(folderOf(dir, id), 'log');
  await until(`Kafka (see ${log})`, 90_000, async () => {
    if (!isRunning(pid, mark)) return true;
    return (await brokersSeenBy(port)) === state.brokers.length && (await hasGroupCoordinator(port));
  });
  if (!isRunning(pid, mark)) throw new Fault(`Kafka's broker ${id} on port ${port} ended at once; the reason stands in ${log}`);
}

export const kafkaUrl = ({ brokers }: KafkaState): string => `kafka://${brokers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;

export const kafkaRuns = ({ brokers }: KafkaState): boolean => brokers.every(({ pid }) => isRunning(pid, mark));

/** `graceMs` 0 is kill -9. */
export async function stopKafka({ brokers }: KafkaState, graceMs = 10_000): Promise<void> {
  await Promise.all(brokers.map(({ pid }) => stopProcess(pid, mark, graceMs)));
}
