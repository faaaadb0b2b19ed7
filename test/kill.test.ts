import { setTimeout as sleep } from 'node:timers/promises';
import { simulate } from '@claras/entra-simulator/simulate';
import t from 'tap';
import { localGateway } from './support/gateway.ts';
import { mapping, played, teamIs } from './support/provisioned.ts';

t.test(
  'M31 kill -9 of everything, again and again during an initial cycle of 2,000 users, loses nothing and doubles nothing',
  async (t) => {
    const gateway = await localGateway();
    t.teardown(gateway.remove);
    const founding = { seed: 11, users: 2000, groups: 20 };
    const tenant = await gateway.api.tenant('Killed', ['fabrikam.example']);
    await gateway.api.map(tenant.id, tenant.provider, mapping);

    let over = false;
    let kills = 0;
    const cycle = simulate({ ...founding, url: gateway.scimUrl, key: tenant.key, cycle: 'initial', dialect: 'legacy' }).finally(() => {
      over = true;
    });
    while (!over && kills < 8) {
      await Promise.race([sleep(500 + 97 * kills), cycle]);
      if (over) break;
      await gateway.crash();
      kills++;
    }
    const report = await cycle;
    t.ok(kills >= 2, `killed ${kills} times`);
    played(t, report);
    await teamIs(t, gateway.api, tenant.id, founding, [mapping, 'initial']);
  },
);
