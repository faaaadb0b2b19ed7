import { indexPages } from '@claras/ports/store/index-pages';
import { compileFilter } from '@claras/scim/filter-evaluate';
import type { MemberChanges } from '@claras/scim/member-changes';
import { membersIndex } from './kinds.ts';
import { tenantScope } from './scopes.ts';
import type { Durable } from './transact.ts';

/** What a change of members comes to. `cleared` comes first, then `added` and `removed`. */
export interface MemberDifference {
  cleared: boolean;
  added: string[];
  removed: string[];
}

interface Outcome {
  /** Undefined: nothing would change. */
  difference?: MemberDifference;
  /** True where it was computed from all members, and so holds for the group's version only. */
  exact: boolean;
  /** Members who leave because the request said who shall stay, and not who shall go. */
  dropped?: number;
}

const pageSize = 1000;

/** The effective difference between a group's members and what was asked. Adding who is a member, or removing who is none, is nothing. */
export async function memberDifference({ store }: Durable, tenant: string, group: string, asked: MemberChanges): Promise<Outcome> {
  if (!asked.touched) return { exact: false };
  const scope = tenantScope(tenant);
  const index = membersIndex(group);

  if (asked.clear && asked.add.length === 0) {
    const { total } = await store.range(scope, index, { limit: 0 });
    return total === 0 ? { exact: true } : { difference: { cleared: true, added: [], removed: [] }, exact: true, dropped: total };
  }
  if (asked.clear || asked.removeWhere.length > 0) {
    const current = new Set<string>();
    for await (const members of indexPages(store, scope, index, pageSize)) for (const member of members) current.add(member);
    const added = asked.add.filter((id) => !current.has(id));
    const removed = leavers(current, asked);
    return { ...orNothing(added, removed), exact: true, ...(asked.clear ? { dropped: removed.length } : {}) };
  }
  const ids = [...asked.add, ...asked.remove];
  const isMember = await store.has(scope, index, ids);
  const added = asked.add.filter((_, n) => !isMember[n]);
  const removed = asked.remove.filter((_, n) => isMember[asked.add.length + n]);
  return { ...orNothing(added, removed), exact: false };
}

function leavers(current: ReadonlySet<string>, asked: MemberChanges): string[] {
  const wanted = new Set(asked.add);
  const named = new Set(asked.remove);
  const filters = asked.removeWhere.map(compileFilter);
  const matched = (id: string) => filters.some((matches) => matches({ members: [{ value: id, type: 'User' }] }));
  return [...current].filter((id) => !wanted.has(id) && (asked.clear || named.has(id) || matched(id)));
}

const orNothing = (added: string[], removed: string[]): { difference?: MemberDifference } =>
  added.length + removed.length === 0 ? {} : { difference: { cleared: false, added, removed } };
