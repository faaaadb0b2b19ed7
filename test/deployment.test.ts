import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Config, readConfig, type Setting, variableOf } from '@claras/service-kit/config';
import { neededSettings, type ProcessName } from '@claras/service-kit/needed-settings';
import t from 'tap';
import { parse } from 'yaml';
import { kafkaVersion } from '../deploy/native/kafka-jars.ts';
import { redisSettings } from '../deploy/native/redis.ts';
import { serviceNames } from '../deploy/native/services.ts';

/** The image, the containers and the alerts against the code: nothing here runs them, and they go stale in silence. */
const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Service {
  image: string;
  build?: string;
  command: string;
  environment: Record<string, string | number>;
  stop_grace_period?: string;
}
const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
const ours = Object.entries(services).filter(([, { command }]) => command?.startsWith('node '));
const known = Object.keys(Config.properties).map(variableOf);

/** As compose would fill it in where nothing is set but what must be. */
const filled = (value: string | number): string =>
  String(value).replace(/\$\{(\w+):([-?])([^}]*)\}/g, (_, name, kind, rest) => (kind === '-' ? rest : name.toLowerCase().padEnd(32, '.')));

t.test('what the Dockerfile copies and runs is there, and it sets what a process reads', async (t) => {
  const lines = read('Dockerfile').replaceAll('\\\n', ' ').split('\n');
  const copied = lines.filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) => line.split(/\s+/).slice(1, -1));
  t.ok(copied.length > 0);
  for (const path of copied) t.ok(existsSync(join(root, path)), path);
  const run = lines.join('\n').match(/services\/[\w/.-]+\.m?[jt]s/g) ?? [];
  for (const path of run) t.ok(existsSync(join(root, path)), path);
  for (const line of lines.filter((line) => line.startsWith('ENV ')))
    for (const [variable] of line.matchAll(/\w+(?==)/g)) t.ok(known.includes(variable), variable);
});

t.test('docker compose runs every service, from one image that one of them builds', async (t) => {
  t.strictSame(ours.map(([name]) => name).sort(), [...serviceNames].sort());
  for (const [name, { command }] of ours) t.equal(command, `node services/${name}/src/main.ts`);
  t.equal(new Set(ours.map(([, { image }]) => image)).size, 1);
  t.equal(ours.filter(([, { build }]) => build).length, 1, 'two that build one image at a time stand in each other’s way');
  for (const [name, { stop_grace_period }] of ours)
    t.ok(Number.parseInt(stop_grace_period ?? '10', 10) > 10, `${name} has its time to stop`);
});

t.test('docker compose tells each service what it needs, and no secret besides', async (t) => {
  const secrets = known.filter((name) => /(TOKEN|PEPPER)$/.test(name));
  for (const [name, { environment }] of ours) {
    for (const variable of Object.keys(environment)) t.ok(known.includes(variable), `${name}: ${variable}`);
    const env = Object.fromEntries(Object.entries(environment).map(([variable, value]) => [variable, filled(value)]));
    const needed: readonly Setting[] = neededSettings[name as ProcessName];
    t.doesNotThrow(() => readConfig({ ...env, NODE_ENV: 'production' }, needed), name);
    t.strictSame(secrets.filter((secret) => secret in env).sort(), needed.map(variableOf).sort(), name);
  }
});

t.test('docker compose has the Redis and the Kafka that the tests run on', async (t) => {
  const { redis, kafka } = services;
  for (const [setting, value] of Object.entries(redisSettings))
    t.match(redis?.command, `--${setting} ${value === '' ? '""' : value}`, setting);
  t.equal(kafka?.image, `apache/kafka:${kafkaVersion}`);
});

t.test('the alerts ask for metrics that are there, and say how urgent it is and what is wrong', async (t) => {
  const { groups } = parse(read('deploy/prometheus/alerts.yml')) as {
    groups: { rules: { alert: string; expr: string; labels: { severity: string }; annotations: { summary: string } }[] }[];
  };
  const metrics = new Set([...read('docs/metrics.md').matchAll(/^\| `(claras_\w+)`/gm)].map(([, name]) => name));
  for (const { alert, expr, labels, annotations } of groups.flatMap(({ rules }) => rules)) {
    const asked = (expr.match(/claras_\w+/g) ?? []).map((name) => name.replace(/_bucket$/, ''));
    t.ok(asked.length > 0, alert);
    for (const name of asked) t.ok(metrics.has(name), `${alert}: ${name}`);
    t.match(labels.severity, /^(page|ticket)$/, alert);
    t.ok(annotations.summary, alert);
  }
});
