import { setTimeout as sleep } from 'node:timers/promises';
import { componentsRun, nativeDir, startComponents, stopComponents } from './components.ts';
import { Fault } from './processes.ts';
import { serviceNames, servicePrograms, urlOf } from './services.ts';
import { supervise } from './supervisor.ts';

/** npm run start:native: Redis and Kafka where they do not run yet, and every service as its own process against them. */
const dir = nativeDir();
const port = Number(process.env.PORT ?? 8080);

/** The first time, Kafka takes some seconds to make the topics; what the services say of that stands above the addresses then. */
async function untilHealthy(): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (const name of serviceNames) {
    const isHealthy = () => fetch(`${urlOf(name, port)}/health`, { signal: AbortSignal.timeout(1000) }).then(({ ok }) => ok);
    while (Date.now() < deadline && !(await isHealthy().catch(() => false))) await sleep(100);
  }
}

async function main(): Promise<void> {
  const foundRunning = componentsRun(dir);
  const urls = await startComponents(dir);
  const services = supervise(dir, servicePrograms(dir, port, urls), (name, line) => console.log(`${name.padEnd(14)} ${line}`));

  const stop = async () => {
    await services.stop();
    if (!foundRunning) await stopComponents(dir);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);

  const [edge, console_] = [urlOf('scim-edge', port), urlOf('console', port)];
  await untilHealthy();
  console.log(`
Tenant URL   ${edge}/api/scim/v2
Console      ${console_}/console
Sign in      CLARAS_API=${console_} CLARAS_ADMIN_TOKEN="$(cat ${dir}/admin-token)" npx claras-scim console link
Store, bus   ${urls.storeUrl}, ${urls.busUrl}
Make a key   npx claras-scim tenant create acme && npx claras-scim key create --tenant acme --name Entra --scope scim.full
             (it talks to the console; the operator's token stands in ${dir}/admin-token)
Stop         Ctrl-C
`);
}

await main().catch((error) => {
  if (!(error instanceof Fault)) throw error;
  console.error(`start:native: ${error.message}`);
  process.exitCode = 1;
});
