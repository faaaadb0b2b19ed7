import type { TeamEvent, TeamFact } from '@claras/contracts/events';
import { epochOf, startOf } from '@claras/contracts/sequence';
import { audit, type Deed } from '@claras/directory/audit';
import { defaultRole } from '@claras/domain/role';
import { type ConsumerParts, consumeEvents } from '@claras/service-kit/consumer';
import { isNextOrNewEpoch } from '@claras/service-kit/position';

/** Writes into the audit log what the core app tells of roles, and of access that somebody changed by hand. */
export function auditLog(parts: ConsumerParts): Promise<{ close(): Promise<void> }> {
  const trail = audit(parts);
  return consumeEvents<TeamFact>({
    ...parts,
    name: 'audit-log',
    topic: 'team',
    follows: isNextOrNewEpoch,
    async handle({ tenant, events, settle }) {
      const through = events.at(-1)!.sequence;
      await trail.tellOfTeam(
        tenant,
        events.flatMap((event) => [brokenOff(event) ?? [], deedOf(event) ?? []].flat()),
        through,
      );
      await settle(through);
      return 'done';
    },
  });
}

/** With a new epoch the last of the facts before may be lost: the log does not hide it. */
function brokenOff({ sequence }: TeamEvent): (Deed & { sequence: number }) | undefined {
  const epoch = epochOf(sequence);
  if (epoch === 0 || sequence !== startOf(epoch) + 1) return undefined;
  return { by: 'system', action: 'history.broken-off', subject: `Epochs/${epoch}`, details: {}, sequence };
}

function deedOf({ type, subject, sequence, data: { cause, by, before, profile } }: TeamEvent): (Deed & { sequence: number }) | undefined {
  const deed = { by: cause === 'scim' ? 'scim' : (by ?? 'hand'), subject, sequence };
  // A role that arrived before its profile made no change of one.
  if (type === 'profile.created' && profile.role !== defaultRole) return { ...deed, action: 'role.changed', details: { to: profile.role } };
  if (type === 'profile.role.changed') return { ...deed, action: 'role.changed', details: { from: before?.role, to: profile.role } };
  if (cause === 'scim') return undefined;
  return type === 'profile.archived' || type === 'profile.restored' ? { ...deed, action: type, details: {} } : undefined;
}
