import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LagReport } from '@claras/contracts/console-api';
import type { HealthReport } from '@claras/contracts/health';

const root = resolve(import.meta.dirname, '../..');

export const freePort = (): Promise<number> => freePorts(1);

/** The first of `count` free ports in a row: below those that the system gives to outgoing connections, above those that deploy/native takes. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const servers = Array.from({ length: count }, (_, n) => createServer().listen(first + n, '127.0.0.1'));
    const free = await Promise.all(
      servers.map((server) =>
        once(server, 'listening').then(
          () => true,
          () => false,
        ),
      ),
    );
    await Promise.all(servers.map((server, n) => free[n] && new Promise((closed) => server.close(closed))));
    if (free.every(Boolean)) return first;
  }
}

/** Resolves with the first answer that is not undefined; the condition is asked again and again for `ms`. */
export async function eventually<T>(ms: number, what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = Date.now() + ms; ; ) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(20);
  }
}

export const healthOf = async (url: string): Promise<HealthReport> => (await (await fetch(new URL('/health', url))).json()) as HealthReport;

/** Whether a process waits for nothing and needs nobody; as {@link eventually} asks. */
export async function isWell(url: string): Promise<true | undefined> {
  const { ok, needsSomebody } = await healthOf(url);
  return (ok && !needsSomebody) || undefined;
}

/** `npm start` as a process of its own, on a folder and a port of its own. */
export async function localGateway(settings: Record<string, string> = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'claras-'));
  const port = settings.PORT === undefined ? await freePort() : Number(settings.PORT);
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let printed = '';

  async function start(): Promise<void> {
    const env = { ...process.env, ...settings, PORT: String(port), DATA_DIR: dataDir };
    const started = spawn(process.execPath, [join(root, 'services/local/src/main.ts')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    started.stdout.on('data', (text: Buffer) => {
      printed += text;
    });
    started.once('exit', (code, signal) => {
      if (child === started) console.error(`the gateway ended by itself with ${signal ?? code}:\n${printed.slice(-4000)}`);
    });
    child = started;
    await eventually(60_000, 'the gateway answers', async () => ((await fetch(`${url}/livez`)).ok ? true : undefined));
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    if (ending?.exitCode !== null || ending.signalCode !== null) return;
    child = undefined;
    ending.kill(signal);
    await once(ending, 'exit');
  }

  await start();
  return {
    url,
    scimUrl: `${url}/api/scim/v2`,
    dataDir,
    printed: () => printed,
    api: restApi(url, () => readFileSync(join(dataDir, 'admin-token'), 'utf8').trim()),
    start,
    stop: () => end('SIGTERM'),
    /** kill -9, and at once up again. */
    async crash(): Promise<void> {
      await end('SIGKILL');
      await start();
    },
    async restart(): Promise<void> {
      await end('SIGTERM');
      await start();
    },
    async remove(): Promise<void> {
      await end('SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The REST API as a test uses it. Throws for anything but 2xx. */
export function restApi(url: string, token: () => string) {
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const headers = { authorization: `Bearer ${token()}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const answer = await fetch(`${url}/api/v1${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  };

  async function team(tenant: string) {
    const profiles: { id: string; scimId?: string; userName?: string; email?: string; role: string; status: string }[] = [];
    for (let after = ''; ; ) {
      const page = await ask<{ profiles: typeof profiles; next?: string }>(
        'GET',
        `/tenants/${tenant}/team?limit=500${after && `&after=${after}`}`,
      );
      profiles.push(...page.profiles);
      if (!page.next) return profiles;
      after = page.next;
    }
  }

  return {
    ask,
    team,
    seats: (tenant: string) => ask<{ active: number; billed: { quantity: number } | null }>('GET', `/tenants/${tenant}/seats`),
    /** A tenant with SCIM on, and a key that opens the edge. */
    async tenant(name: string, domains: string[] = []): Promise<{ id: string; key: string; provider: string }> {
      const { id } = await ask<{ id: string }>('POST', '/tenants', { name, domains, scim: true });
      const { value } = await ask<{ value: string }>('POST', `/tenants/${id}/keys`, { name: 'Entra', scopes: ['scim.full'] });
      const [provider] = (await ask<{ items: { id: string }[] }>('GET', `/tenants/${id}/providers`)).items;
      return { id, key: value, provider: provider!.id };
    },
    async map(tenant: string, provider: string, mapping: object): Promise<void> {
      const path = `/tenants/${tenant}/providers/${provider}/role-mapping`;
      const { version } = await ask<{ version: number }>('GET', path);
      await ask('PUT', path, { mapping, version });
    },
  };
}
export type RestApi = ReturnType<typeof restApi>;

/**
 * Everything that was committed was read and done by everyone, and what they told of it too. What is asked is no one moment: an event that goes
 * from one place to the next meanwhile is seen in neither, so nothing must wait several times in a row.
 */
export async function settled(api: RestApi, ms = 60_000): Promise<void> {
  let quiet = 0;
  await eventually(ms, 'nothing waits', async () => {
    const { messages, outboxes } = await api.ask<LagReport>('GET', '/lag');
    const waits = messages > 0 || outboxes.some((outbox) => outbox.messages > 0);
    quiet = waits ? 0 : quiet + 1;
    return quiet === 5 || undefined;
  });
}
