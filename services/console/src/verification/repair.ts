import type { OutgoingEvent } from '@claras/contracts/cloud-event';
import type { Difference } from '@claras/contracts/console-api';
import { type Actor, audit, type Deed } from '@claras/directory/audit';
import { userKind } from '@claras/directory/kinds';
import { eventAbout, type Read, readResource } from '@claras/directory/resources';
import { tenantScope } from '@claras/directory/scopes';
import { transact } from '@claras/directory/transact';
import { roles } from '@claras/domain/role';
import { type RoleMapping, roleOfGroup } from '@claras/domain/role-mapping';
import type { GroupOfUser } from '../api/mapped-groups.ts';
import { mapped, type VerifyParts } from './verify.ts';

const perCommit = 50;

/**
 * Says to the consumers once more what the directory says of the users that differ: as new events, so that they are newer than whatever was
 * applied before. A user is restated as in a snapshot, which leaves alone what a hand set. Resolves with how many users.
 */
export async function repair(parts: VerifyParts, tenant: string, differences: readonly Difference[], by: Actor): Promise<number> {
  const kinds = new Map<string, Set<Difference['kind']>>();
  for (const { user, kind } of differences) kinds.set(user, (kinds.get(user) ?? new Set()).add(kind));
  const names = new Map(differences.map(({ user, name }) => [user, name]));
  const { groups, mapping } = await mapped(parts, tenant);
  const trail = audit(parts.durable);
  const users = [...kinds.keys()];

  for (let n = 0; n < users.length; n += perCommit) {
    const some = users.slice(n, n + perCommit);
    await transact(parts.durable, tenantScope(tenant), async (time) => {
      const events: OutgoingEvent[] = [];
      const expect: Record<string, number> = {};
      for (const id of some) {
        const user = await readResource(parts.durable, userKind, tenant, id);
        expect[userKind.document(id)] = user?.version ?? 0;
        const of = kinds.get(id)!;
        if (!user) events.push(eventAbout(userKind, id, time, {}, 'deleted', { id, userName: names.get(id) }));
        else if (of.has('missing') || of.has('identity') || of.has('access')) events.push(userAgain(user, time));
        if (user && (of.has('missing') || of.has('role'))) events.push(...membershipAgain(id, groups.get(id) ?? [], mapping, time));
      }
      const deed: Deed = { by, action: 'directory.repaired', subject: 'Users', details: { users: some } };
      return { change: await trail.tell(tenant, time, { expect, events }, deed), result: () => undefined };
    });
  }
  return users.length;
}

const userAgain = ({ id, resource }: Read, time: number): OutgoingEvent => ({
  type: 'snapshot.users',
  subject: `Users/${id}`,
  time: new Date(time).toISOString(),
  data: { users: [{ ...resource, id }] },
});

/**
 * Out of the mapped groups and into them again. The one that wins goes last and comes first: at no moment does a lower role count. Leaving
 * the last one changes no role (M9).
 */
function membershipAgain(user: string, groups: readonly GroupOfUser[], mapping: RoleMapping, time: number): OutgoingEvent[] {
  const rank = ({ name }: GroupOfUser) => roles.indexOf(roleOfGroup(mapping, name) ?? 'assistant');
  const lowestFirst = groups.toSorted((a, b) => rank(a) - rank(b));
  const event = (group: string, change: { added: string[]; removed: string[] }): OutgoingEvent => ({
    type: 'group.members.changed',
    subject: `Groups/${group}`,
    time: new Date(time).toISOString(),
    data: { group, ...change },
  });
  return [
    ...lowestFirst.map(({ id }) => event(id, { added: [], removed: [user] })),
    ...lowestFirst.toReversed().map(({ id }) => event(id, { added: [user], removed: [] })),
  ];
}
