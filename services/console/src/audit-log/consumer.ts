import type { ProfileEvent, ProfileFact } from '@claras/contracts/events';
import { followsOn } from '@claras/contracts/sequence';
import { audit, type Deed } from '@claras/directory/audit';
import { defaultRole } from '@claras/domain/role';
import { unlessEnded } from '@claras/ports/store/store';
import { alarms } from '@claras/service-kit/alarms';
import { type ConsumerParts, consumeEvents } from '@claras/service-kit/consumer';

const name = 'audit-log';
const noOwner =
  'Entra archived the last active owner: the team has no active owner now, so nobody can manage it; see claras-scim team role and team restore';

/**
 * Writes into the audit log what the core app tells of roles, of profiles that SCIM took over, and of access that somebody changed by hand.
 * The team has no snapshots, so where events are missing, or parked as none of ours, the log says so and goes on. One that cannot be written for
 * another reason stops its tenant: entries stand in the order of what they tell. A team whose last active owner is archived, as SCIM alone
 * may, is an alarm.
 */
export function auditLog(parts: ConsumerParts): Promise<{ close(): Promise<void> }> {
  const trail = audit(parts);
  const alarm = alarms(parts);
  const roles = parts.metrics.counter('claras_role_changes_total', 'Roles of profiles that changed', ['from', 'to', 'cause']);
  return consumeEvents<ProfileFact>({
    ...parts,
    name,
    topic: 'team',
    gathers: true,
    checksData: true,
    follows: (sequence, last) => sequence > last,
    async handle({ tenant, events, settle }) {
      for (const run of unbroken(events)) {
        const stretch = { from: run[0]!.sequence, through: run.at(-1)!.sequence };
        const deeds = run.flatMap((event) => deedOf(event) ?? []);
        // The log of a tenant that is erased has ended.
        await trail.tellOfTeam(tenant, deeds, stretch).catch(unlessEnded);
      }
      const owners = events.findLast(({ data }) => data.owners !== undefined)?.data.owners;
      const which = { consumer: name, tenant, kind: 'no-owner' } as const;
      if (owners === 0) await alarm.raise(which, noOwner);
      else if (owners !== undefined) await alarm.end(which);
      await settle(events.at(-1)!.sequence);
      for (const { data } of events.filter(isRoleChange))
        roles.inc({ from: data.before?.role ?? 'none', to: data.profile.role, cause: data.cause });
      return 'done';
    },
  });
}

/** The stretches in which nothing is missing. */
function unbroken(events: readonly ProfileEvent[]): ProfileEvent[][] {
  const runs: ProfileEvent[][] = [];
  for (const event of events) {
    const last = runs.at(-1);
    if (last && followsOn(event.sequence, last.at(-1)!.sequence)) last.push(event);
    else runs.push([event]);
  }
  return runs;
}

/** A role that arrived before its profile made no change of one, and is one all the same. */
const isRoleChange = ({ type, data: { profile } }: ProfileEvent): boolean =>
  type === 'profile.role.changed' || (type === 'profile.created' && profile.role !== defaultRole);

function deedOf(event: ProfileEvent): (Deed & { sequence: number }) | undefined {
  const { type, subject, sequence, data } = event;
  const { cause, by, before, linked, profile } = data;
  const deed = { by: cause === 'scim' ? 'scim' : (by ?? 'hand'), subject, sequence };
  if (isRoleChange(event))
    return { ...deed, action: 'role.changed', details: { ...(before ? { from: before.role } : {}), to: profile.role } };
  if (type === 'profile.updated' && linked) return { ...deed, action: 'profile.linked', details: { user: profile.scimId } };
  if (cause === 'scim') return undefined;
  return type === 'profile.archived' || type === 'profile.restored' ? { ...deed, action: type, details: {} } : undefined;
}
