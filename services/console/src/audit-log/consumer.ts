import type { TeamEvent, TeamFact } from '@claras/contracts/events';
import { followsOn } from '@claras/contracts/sequence';
import { audit, type Deed } from '@claras/directory/audit';
import { defaultRole } from '@claras/domain/role';
import { type ConsumerParts, consumeEvents } from '@claras/service-kit/consumer';

/**
 * Writes into the audit log what the core app tells of roles, of profiles that SCIM took over, and of access that somebody changed by hand. Each fact stands by itself and the
 * team has no snapshots, so where some are missing the log says so and goes on.
 */
export function auditLog(parts: ConsumerParts): Promise<{ close(): Promise<void> }> {
  const trail = audit(parts);
  return consumeEvents<TeamFact>({
    ...parts,
    name: 'audit-log',
    topic: 'team',
    gathers: true,
    follows: (sequence, last) => sequence > last,
    async handle({ tenant, events, settle }) {
      for (const run of unbroken(events)) {
        const stretch = { from: run[0]!.sequence, through: run.at(-1)!.sequence };
        await trail.tellOfTeam(
          tenant,
          run.flatMap((event) => deedOf(event) ?? []),
          stretch,
        );
      }
      await settle(events.at(-1)!.sequence);
      return 'done';
    },
  });
}

/** The stretches in which nothing is missing. */
function unbroken(events: readonly TeamEvent[]): TeamEvent[][] {
  const runs: TeamEvent[][] = [];
  for (const event of events) {
    const last = runs.at(-1);
    if (last && followsOn(event.sequence, last.at(-1)!.sequence)) last.push(event);
    else runs.push([event]);
  }
  return runs;
}

function deedOf({
  type,
  subject,
  sequence,
  data: { cause, by, before, linked, profile },
}: TeamEvent): (Deed & { sequence: number }) | undefined {
  const deed = { by: cause === 'scim' ? 'scim' : (by ?? 'hand'), subject, sequence };
  // A role that arrived before its profile made no change of one.
  if (type === 'profile.created' && profile.role !== defaultRole) return { ...deed, action: 'role.changed', details: { to: profile.role } };
  if (type === 'profile.role.changed') return { ...deed, action: 'role.changed', details: { from: before?.role, to: profile.role } };
  if (type === 'profile.updated' && linked) return { ...deed, action: 'profile.linked', details: { user: profile.scimId } };
  if (cause === 'scim') return undefined;
  return type === 'profile.archived' || type === 'profile.restored' ? { ...deed, action: type, details: {} } : undefined;
}
