import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerificationReport } from '@claras/contracts/console-api';
import type { Story } from '@claras/entra-simulator/expect-team';
import type { CycleName } from '@claras/entra-simulator/history';
import type { Report } from '@claras/entra-simulator/report';
import { simulate } from '@claras/entra-simulator/simulate';
import type { Test } from 'tap';
import { servicePrograms } from '../../deploy/native/services.ts';
import { supervise } from '../../deploy/native/supervisor.ts';
import { eventually, restApi, settled } from './gateway.ts';
import { mapping, played, teamIs } from './provisioned.ts';
import { agrees } from './snapshot-stories.ts';

const users = 2600;
let seed = 40;

/**
 * Every service as its own process from `port` on, started again when it ends, on components of the caller's, which break while Entra
 * provisions.
 */
export function gatewayInStorms(
  t: Test,
  { dir, port, ...backing }: { dir: string; port: number; storeUrl: string; busUrl: string },
  env: Record<string, string> = {},
  /** For some of the services by name. */
  more: readonly [name: string, env: Record<string, string>][] = [],
) {
  const own = new Map(more);
  const programs = servicePrograms(dir, port, backing).map((program) => ({
    ...program,
    env: { ...program.env, LOG_LEVEL: 'error', ...env, ...own.get(program.name) },
  }));
  const services = supervise(dir, programs, () => {});
  const scimUrl = `http://127.0.0.1:${port}/api/scim/v2`;
  const api = restApi(`http://127.0.0.1:${port + 1}`, () => readFileSync(join(dir, 'admin-token'), 'utf8').trim());

  t.before(async () => {
    for (let n = 0; n < programs.length; n++)
      await eventually(180_000, `service ${n} answers`, async () =>
        (await fetch(`http://127.0.0.1:${port + n}/livez`)).ok ? true : undefined,
      );
    await eventually(180_000, 'the console works', async () => (await api.ask('GET', '/tenants')) as object);
  });

  /**
   * Plays cycles, the initial one of 10,000 requests first, while `faults` go on until they are over, and judges what is left: nothing that was
   * acknowledged is lost, the team and the bill are exactly what the rules make of it, and directory, core app and bill agree. `isDue`: what a
   * cycle waits for, where the faults must not be over before it. Resolves with how long it took in ms.
   */
  async function storm(
    t: Test,
    name: string,
    faults: (over: () => boolean, tenant: string) => Promise<number>,
    cycles: readonly CycleName[] = ['initial'],
    isDue: (cycle: CycleName) => Promise<unknown> = async () => {},
  ): Promise<number> {
    const founding = { seed: seed++, users, groups: 12 };
    const story: Story = [mapping, ...cycles];
    const tenant = await api.tenant(name, ['fabrikam.example']);
    await api.map(tenant.id, tenant.provider, mapping);
    let isOver = false;
    const began = Date.now();
    async function play(): Promise<Report[]> {
      const reports: Report[] = [];
      for (const cycle of cycles) {
        await isDue(cycle);
        reports.push(await simulate({ ...founding, url: scimUrl, key: tenant.key, cycle, dialect: 'flagged' }));
      }
      return reports;
    }
    const playing = play().finally(() => {
      isOver = true;
    });
    const [reports, times] = await Promise.all([playing, faults(() => isOver, tenant.id)]);
    await settled(api, 300_000);
    const took = Date.now() - began;
    t.comment(`${times} faults, ${Math.round(took / 1000)} s`);
    for (const report of reports) {
      t.comment(`${report.cycle}: ${report.requests} requests, retries ${JSON.stringify(report.retries)}`);
      played(t, report);
    }
    await teamIs(t, api, tenant.id, founding, story);
    await agrees(api, tenant.id).catch(() => undefined);
    const { differences, seats } = await api.ask<VerificationReport>('GET', `/tenants/${tenant.id}/verification`);
    t.strictSame(differences, { total: 0, items: [] });
    t.equal(seats.active, seats.billed);
    return took;
  }

  return {
    programs,
    scimUrl,
    api,
    storm,
    pidOf: (name: string) => Number(readFileSync(join(dir, 'pids', `${name}.pid`), 'utf8')),
    stop: services.stop,
  };
}
