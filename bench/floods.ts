import type { Workload } from './workload.ts';

export const schema = 'urn:ietf:params:scim:api:messages:2.0';

/** What the tenant that floods has: a group with these members. */
export interface Company {
  group: string;
  members: readonly string[];
}

export interface Flood {
  key: string;
  connections: number;
  workload: Workload;
}

export const addMembers = ({ members }: Company): string =>
  JSON.stringify({
    schemas: [`${schema}:PatchOp`],
    Operations: [{ op: 'Add', path: 'members', value: members.map((value) => ({ value })) }],
  });

const bulkOf = (count: number): string =>
  JSON.stringify({
    schemas: [`${schema}:BulkRequest`],
    Operations: Array.from({ length: count }, (_, n) => ({
      method: 'POST',
      path: '/Users',
      bulkId: `${n}`,
      data: { userName: `bulk{n}-${n}@x.example` },
    })),
  });

/** Many connections, dear requests, and those that end in a refusal. */
export function floodsOf(loud: string, company: Company): Flood[] {
  const flood = (
    connections: number,
    name: string,
    method: Workload['method'],
    path: string,
    more: Partial<Workload> = {},
    key = loud,
  ) => ({
    key,
    connections,
    workload: { name, method, path: `/api/scim/v2${path}`, ids: [], ...more },
  });
  const match = '/Users?filter=userName+eq+%22user{n}%40fabrikam.example%22';
  const user = JSON.stringify({ schemas: [], userName: 'new{n}-500@fabrikam.example' });
  const group = `/Groups/${company.group}`;
  const token = {
    body: 'grant_type=client_credentials&client_id=loud&client_secret=wrong',
    contentType: 'application/x-www-form-urlencoded',
  };
  return [
    flood(32, 'match query', 'GET', match),
    flood(500, 'match query', 'GET', match),
    flood(500, 'POST user', 'POST', '/Users', { body: user }),
    flood(16, 'scan of everyone', 'GET', '/Users?filter=displayName+co+%22zz{n}%22'),
    flood(16, 'whole group', 'GET', group),
    flood(8, 'PATCH of a whole group', 'PATCH', group, { body: addMembers(company) }),
    flood(8, 'bulk of 1,000', 'POST', '/Bulk', { body: bulkOf(1000) }),
    flood(500, 'no key', 'GET', '/Users', {}, 'nothing'),
    flood(500, 'a wrong key', 'GET', '/Users', {}, `${loud.slice(0, -9)}000000000`),
    flood(500, 'tokens', 'POST', '/oauth2/token', token),
  ];
}
