import type { Person } from '../company.ts';
import { type Plan, withoutManager } from '../plan.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { type Draw, groupsOf, managersOf, share } from './choose.ts';

const setActive = (plan: Plan, person: Person, active: boolean): void =>
  plan.add({ kind: 'update-user', person: person.objectId, changes: [], active });

/** Some lose one of their groups; of those unassigned, some lose it after they are inactive. */
function removeFromOneGroup(plan: Plan, random: SeededRandom, people: Person[]): void {
  plan.phase('removed members');
  for (const { objectId } of people) {
    const groups = groupsOf(plan.company, objectId);
    if (groups.length > 0) plan.add({ kind: 'change-members', group: random.pick(groups), add: [], remove: [objectId] });
  }
}

/** A group taken off the application: its members without another group are unassigned, then the group is deleted. */
function removeGroup(plan: Plan, random: SeededRandom): void {
  const groups = [...plan.company.groups.values()];
  if (groups.length < 6) return;
  const group = random.pick(groups.slice(4));
  plan.phase('members of an unassigned group');
  for (const id of group.members) {
    const person = plan.company.people.get(id)!;
    if (person.active && groupsOf(plan.company, id).length === 1) setActive(plan, person, false);
  }
  plan.phase('deleted group');
  plan.add({ kind: 'delete-group', group: group.objectId });
}

/** Unassigned and returning people, hard-deleted ones, one of whom is hired again under the same name. */
export function planLeave(plan: Plan, random: SeededRandom, people: Draw): void {
  const size = plan.company.people.size;
  const managers = managersOf(plan.company);
  const away = people.takeAway(size);
  const unassigned = people.take(share(size, 0.06));
  const deleted = people.take(share(size, 0.03), (person) => !managers.has(person.objectId));
  const removed = people.take(share(size, 0.02));

  plan.phase('unassigned users');
  for (const person of [...unassigned, ...deleted]) setActive(plan, person, false);
  removeFromOneGroup(plan, random, [...removed, ...unassigned.filter((_, index) => index % 3 === 0)]);
  plan.phase('returning users');
  const returning = [...away.slice(0, Math.ceil(away.length / 2)), ...unassigned.filter((_, index) => index % 4 === 1)];
  for (const person of returning) setActive(plan, person, true);
  plan.phase('deleted users');
  for (const person of deleted) plan.add({ kind: 'delete-user', person: person.objectId });
  plan.phase('users hired again');
  for (const person of deleted.slice(0, share(deleted.length, 0.1))) {
    const again = { ...withoutManager(person), objectId: random.guid(), active: true };
    plan.add({ kind: 'provision-user', person: again });
  }
  removeGroup(plan, random);
}
