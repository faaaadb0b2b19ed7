import { randomUUID } from 'node:crypto';
import { simulate } from '@claras/entra-simulator/simulate';
import t from 'tap';
import { corpusPasses } from './support/corpus.ts';
import { localGateway } from './support/gateway.ts';
import { mapping, played, teamIs } from './support/provisioned.ts';

/** The main job on the embedded backing: one process, as `npm start` runs it, asked over HTTP only. */
const gateway = await localGateway();
t.teardown(gateway.remove);
const { api, scimUrl } = gateway;

t.test('M16 M19 M24 an Entra request becomes a changed profile, role, access and seat', async (t) => {
  for (const dialect of ['legacy', 'flagged'] as const) {
    const founding = { seed: 7, users: 150, groups: 8 };
    const tenant = await api.tenant(`Cycles ${dialect}`, ['fabrikam.example']);
    await api.map(tenant.id, tenant.provider, mapping);
    const story: ('initial' | 'delta' | 'leave' | 'mess')[] = [];
    for (const cycle of ['initial', 'delta', 'leave', 'mess'] as const) {
      played(t, await simulate({ ...founding, url: scimUrl, key: tenant.key, cycle, dialect }));
      story.push(cycle);
      await teamIs(t, api, tenant.id, founding, [mapping, ...story]);
    }
  }
});

t.test('M8 a mapping that is saved after the cycle changes the roles of those who are there already', async (t) => {
  const founding = { seed: 8, users: 120, groups: 6 };
  const tenant = await api.tenant('Late mapping', ['fabrikam.example']);
  played(t, await simulate({ ...founding, url: scimUrl, key: tenant.key, cycle: 'initial', dialect: 'flagged' }));
  await teamIs(t, api, tenant.id, founding, ['initial']);
  await api.map(tenant.id, tenant.provider, mapping);
  await teamIs(t, api, tenant.id, founding, ['initial', mapping]);
});

t.test('M31 what was answered is there after kill -9', async (t) => {
  const founding = { seed: 9, users: 60, groups: 4 };
  const tenant = await api.tenant('Killed', ['fabrikam.example']);
  await api.map(tenant.id, tenant.provider, mapping);
  played(t, await simulate({ ...founding, url: scimUrl, key: tenant.key, cycle: 'initial', dialect: 'legacy' }));
  await gateway.crash();
  await teamIs(t, api, tenant.id, founding, [mapping, 'initial']);
});

t.test('the start says where everything is', async (t) => {
  t.match(gateway.printed(), `Tenant URL   ${scimUrl}`);
  t.match(gateway.printed(), 'claras-scim key create --tenant');
  t.equal((await fetch(`${gateway.url}/console`)).status, 200);
  t.equal((await fetch(`${gateway.url}/health`)).status, 200);
  t.match(await (await fetch(`${gateway.url}/metrics`)).text(), 'claras_scim_requests_total');
});

t.test('Entra’s corpus passes, in 16 tenants at once', (t) =>
  corpusPasses(t, { scimUrl, tenants: 16, key: async () => (await api.tenant(`Corpus ${randomUUID()}`)).key }),
);
