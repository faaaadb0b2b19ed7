import { randomUUID } from 'node:crypto';
import type { MappingPreview } from '@claras/contracts/console-api';
import { simulate } from '@claras/entra-simulator/simulate';
import t from 'tap';
import { corpusPasses } from './support/corpus.ts';
import { eventually, isWell, localGateway } from './support/gateway.ts';
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
  const path = `/tenants/${tenant.id}/providers/${tenant.provider}/role-mapping/preview`;
  const preview = await api.ask<MappingPreview>('POST', path, { mapping });
  const before = await api.team(tenant.id);
  await api.map(tenant.id, tenant.provider, mapping);
  await teamIs(t, api, tenant.id, founding, ['initial', mapping]);

  const after = await api.team(tenant.id);
  const roleOf = new Map(preview.changes.items.map(({ profile, to }) => [profile.id, to]));
  t.ok(preview.changes.total > 10 && preview.changes.total === roleOf.size, `${preview.changes.total} change`);
  t.match(preview, { inForce: true, checked: before.length, seats: { before: before.length, after: before.length } });
  const foretold = before.map(({ id, role }) => ({ id, role: roleOf.get(id) ?? role }));
  t.strictSame(
    after.map(({ id, role }) => ({ id, role })),
    foretold,
    'the preview said who changes, and to what',
  );
  for (const { role, after: count } of preview.roles) t.equal(after.filter((profile) => profile.role === role).length, count, role);
  t.ok(
    preview.changes.items.every(({ to, because }) => because[0]?.role === to),
    'the group that wins stands first',
  );
  t.equal((await api.ask<MappingPreview>('POST', path, { mapping })).changes.total, 0, 'saved again it changes nobody');
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
  await eventually(60_000, 'it is well', () => isWell(gateway.url));
  t.match(await (await fetch(`${gateway.url}/metrics`)).text(), 'claras_scim_requests_total');
});

t.test('Entra’s corpus passes, in 16 tenants at once', (t) =>
  corpusPasses(t, { scimUrl, tenants: 16, key: async () => (await api.tenant(`Corpus ${randomUUID()}`)).key }),
);

t.test('a path that no route can read is refused as its side of the server speaks', async (t) => {
  for (const [path, type] of [
    ['/api/v1/dead-letters/', /^application\/problem\+json/],
    ['/api/scim/v2/Users/', /^application\/scim\+json/],
  ] as const)
    for (const [id, status] of [
      ['a'.repeat(300), 404],
      ['%E0%A4%A', 400],
    ] as const) {
      const answer = await fetch(gateway.url + path + id);
      t.equal(answer.status, status);
      t.match(answer.headers.get('content-type'), type);
    }
});
