import type { RoleExplanation } from '@claras/contracts/console-api';
import { type Command, tenantOption } from '../command.ts';
import { table } from '../table.ts';
import { namedProfile, nameOf } from './team.ts';

function reasonText({ reason, role, given, because }: RoleExplanation): string {
  switch (reason) {
    case 'group':
      return `the group ${because[0]?.group} gives it`;
    case 'owner':
      return `the mapping gives ${given}, and no owner is lowered by it; somebody may do it by hand`;
    case 'hand':
      return given ? `set by hand; the mapping gives ${given} once the groups that match are others` : 'set by hand';
    case 'kept':
      return 'the mapping gave it; no group gives any now, and that changes no role';
    case 'default':
      return 'as every new profile; no group gives another one';
    case 'underway':
      return `the mapping gives ${given}, which is not applied yet: claras-scim lag says what waits, claras-scim verify what differs`;
    default:
      return `it was ${role} before anything was noted; no group gives a role`;
  }
}

function explained(explanation: RoleExplanation): string {
  const { profile, role, scim, because, others, last } = explanation;
  const rows = [
    ...because.map(({ group, role: row }, n) => ({
      group,
      row,
      does: n === 0 ? 'wins' : row === because[0]?.role ? 'gives it too' : 'loses',
    })),
    ...others.map((group) => ({ group, row: '-', does: 'is in no row of the role mapping' })),
  ];
  return [
    `${nameOf(profile)} is ${role}: ${reasonText(explanation)}`,
    ...(scim ? [] : ['SCIM is off: no role mapping counts.']),
    ...(rows.length > 0 ? [table(['group', 'row', 'does'], rows)] : []),
    ...(last ? [`last changed ${last.at} to ${last.to} by ${last.by}`] : []),
  ].join('\n');
}

export const userExplainRole: Command = {
  name: 'user explain-role',
  arguments: ['PROFILE_OR_EMAIL'],
  options: tenantOption,
  help: 'Say why somebody has their role: which group gives it by which row of the role mapping, which ones lose, or who set it by hand.',
  async run(context) {
    const explanation = await context.api.get<RoleExplanation>([...(await namedProfile(context)), 'role']);
    context.print(explanation, () => explained(explanation));
  },
};
