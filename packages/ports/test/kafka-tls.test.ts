import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { BusUnavailable } from '@claras/ports/bus/bus';
import { kafkaBus } from '@claras/ports/bus/kafka-bus';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t, { type Test } from 'tap';
import { startKafka, stopKafka } from '../../../deploy/native/kafka.ts';
import { java, kafkaClassPath } from '../../../deploy/native/kafka-jars.ts';
import { freePorts } from '../../../deploy/native/processes.ts';
import { realUrl } from './real.ts';

const run = promisify(execFile);
const secret = 'store-password';
const modules = 'org.apache.kafka.common.security';

/** A broker of its own that strangers reach by TLS and SASL only, and its certificate. */
async function ownBroker(dir: string) {
  const [port, controllerPort, safe] = (await freePorts(3)) as [number, number, number];
  const keystore = join(dir, 'broker.p12');
  const keytool = (...argv: string[]) =>
    run(java.replace(/java$/, 'keytool'), ['-keystore', keystore, '-storepass', secret, '-alias', 'broker', ...argv]);
  await keytool('-genkeypair', '-keyalg', 'EC', '-storetype', 'PKCS12', '-dname', 'CN=localhost', '-ext', 'san=ip:127.0.0.1');
  const { stdout: certificate } = await keytool('-exportcert', '-rfc');
  const state = await startKafka(
    dir,
    1,
    { clusterId: 'AAAAAAAAAAAAAAAAAAAAAA', brokers: [{ id: 1, port, controllerPort, pid: 0 }] },
    {
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort},SASL_SSL://127.0.0.1:${safe}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},SASL_SSL://127.0.0.1:${safe}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
      'ssl.keystore.location': keystore,
      'ssl.keystore.password': secret,
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required user_claras="p@ss";`,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
    },
  );
  const scram = ['--alter', '--add-config', 'SCRAM-SHA-512=[password=p@ss]', '--entity-type', 'users', '--entity-name', 'claras'];
  const server = ['--bootstrap-server', `127.0.0.1:${port}`];
  await run(java, ['-cp', await kafkaClassPath(), 'kafka.admin.ConfigCommand', ...server, ...scram]);
  return { safe, certificate, stop: () => stopKafka(state, 0) };
}

t.test('Kafka by TLS and SASL', async (t) => {
  if (!realUrl(t, 'TEST_KAFKA_URL')) return;
  const dir = mkdtempSync(join(tmpdir(), 'claras-kafka-tls-'));
  const broker = await ownBroker(dir);
  t.teardown(async () => {
    await broker.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const open = (user: string, how = '') => kafkaBus(`kafka+ssl://${user}@127.0.0.1:${broker.safe}${how}`, { clientId: 'tls', runtime });

  const refused =
    (user: string) =>
    async (t: Test): Promise<void> => {
      const bus = open(user);
      const error = await bus.ping().catch((error) => error);
      t.type(error, BusUnavailable);
      t.notMatch(String(error.message), /p@ss|wrong/);
      await bus.close();
    };
  await t.test('a broker whose certificate nobody vouches for is not trusted', refused('claras:p%40ss'));
  // As NODE_EXTRA_CA_CERTS does for a process.
  setDefaultCACertificates([...getCACertificates('default'), broker.certificate]);
  await t.test('a wrong password is an outage, and is shown to nobody', refused('claras:wrong'));

  for (const how of ['', '?sasl=plain'])
    await t.test(`records go out and come in: ${how || 'SCRAM-SHA-512'}`, async (t) => {
      const bus = open('claras:p%40ss', how);
      const topic = `tls-${runtime.id()}`;
      await bus.prepare([{ name: topic, partitions: 2 }]);
      await bus.publish(topic, [{ key: 'acme', value: 'hello', headers: { ce_id: '1' } }]);
      const read = Promise.withResolvers<unknown>();
      await bus.consume({ group: topic, topics: [topic], onBatch: async ({ records }) => read.resolve(records[0]) });
      t.match(await read.promise, { key: 'acme', value: 'hello', headers: { ce_id: '1' } });
      await bus.close();
    });
});
