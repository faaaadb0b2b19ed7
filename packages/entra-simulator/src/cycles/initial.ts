import type { Company } from '../company.ts';
import { memberIntents, type Plan, withoutManager } from '../plan.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** How many references are asked back, as older versions of Entra's documentation describe. */
const referenceChecks = 10;

/**
 * The first cycle, or a restart of provisioning: everything in scope is matched and created or updated, users before groups, groups before
 * references (how-provisioning-works). `found` is what is in scope.
 */
export function planInitial(plan: Plan, random: SeededRandom, found: Company): void {
  const people = [...found.people.values()].filter((person) => person.active);
  const groups = [...found.groups.values()];

  plan.phase('users');
  for (const person of people) plan.add({ kind: 'provision-user', person: withoutManager(person) });
  plan.phase('groups');
  for (const group of groups) plan.add({ kind: 'provision-group', group });
  plan.phase('managers and members');
  for (const { objectId, manager } of people) if (manager) plan.add({ kind: 'set-manager', person: objectId, manager });
  groups.forEach((group, index) => {
    plan.add(...memberIntents(group.objectId, { add: [...group.members] }, index % 2 === 1));
  });
  plan.phase('reference checks');
  const managed = people.filter((person) => person.manager);
  for (const { objectId, manager } of random.some(managed, referenceChecks)) {
    plan.add({ kind: 'check-manager', person: objectId, manager: manager! });
  }
  for (const group of random.some(groups, referenceChecks)) {
    const person = [...group.members][0];
    if (person) plan.add({ kind: 'check-member', group: group.objectId, person });
  }
}
