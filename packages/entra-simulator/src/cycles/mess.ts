import type { Person } from '../company.ts';
import { dialects, type Intent } from '../intent.ts';
import type { Target } from '../mapping.ts';
import { memberIntents, type Plan, withoutManager } from '../plan.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { type Draw, groupsOf, managersOf, share } from './choose.ts';
import { change, planDelta } from './delta.ts';
import { planLeave } from './leave.ts';

function duplicates(plan: Plan, random: SeededRandom, people: Person[]): void {
  plan.phase('duplicate creates');
  for (const person of people) plan.add({ kind: 'create-user-again', person: withoutManager(person) });
  for (const group of random.some([...plan.company.groups.values()], 2)) plan.add({ kind: 'create-group-again', group: { ...group } });
}

/** Off and on again, while other attributes of the same people are written at the same time. */
function flapping(plan: Plan, people: Person[]): void {
  plan.phase('deactivations beside updates');
  for (const [index, person] of people.entries()) {
    const { objectId } = person;
    plan.add({ kind: 'update-user', person: objectId, changes: [change(person, 'title', `Title ${index}`)] });
    plan.add({ kind: 'update-user', person: objectId, changes: [], active: false });
    plan.add({ kind: 'update-user', person: objectId, changes: [change(person, 'name.formatted', `Formatted ${index}`)] });
  }
  plan.phase('reactivations');
  for (const { objectId } of people.filter((_, index) => index % 2 === 0)) {
    plan.add({ kind: 'update-user', person: objectId, changes: [], active: true });
  }
}

/** Attributes written as '' and as null, an emptied manager, and a create full of nulls. */
function emptyValues(plan: Plan, people: Person[]): void {
  const clearable: Target[] = ['title', 'preferredLanguage', 'phoneNumbers[type eq "mobile"].value'];
  plan.phase('empty values');
  for (const [index, { objectId, attributes }] of people.entries()) {
    const value = index % 2 === 0 ? '' : null;
    const present = clearable.filter((target) => attributes[target] !== undefined);
    const changes = present.map((target) => ({ target, before: attributes[target]!, value }));
    if (changes.length > 0) plan.add({ kind: 'update-user', person: objectId, changes });
  }
  for (const { objectId, manager } of people) {
    if (manager) plan.add({ kind: 'set-manager', person: objectId, before: manager, emptied: true });
  }
}

/** Single-member PATCHes of one group, all at once, every third one sent twice. */
function crowdedGroup(plan: Plan, random: SeededRandom): void {
  const { company } = plan;
  const group = random.pick([...company.groups.values()]);
  const half = 40;
  const remove = random.some([...group.members], Math.min(half, Math.floor(group.members.size / 2)));
  const outside = [...company.people.keys()].filter((id) => !group.members.has(id));
  const intents = memberIntents(group.objectId, { add: random.some(outside, half), remove }, true);
  plan.phase('one group, many at once');
  plan.add(...random.some([...intents, ...intents.filter((_, index) => index % 3 === 0)], intents.length * 2));
  plan.phase('members already gone');
  plan.add(...memberIntents(group.objectId, { remove }, true), ...memberIntents(group.objectId, { remove }, false));
}

/** Somebody is deleted, and only then taken out of a group; ids that were never anybody's are added. */
function strangers(plan: Plan, random: SeededRandom, people: Person[]): void {
  const memberships = people.map(({ objectId }) => ({ objectId, groups: groupsOf(plan.company, objectId) }));
  plan.phase('deleted members');
  for (const { objectId } of memberships) plan.add({ kind: 'delete-user', person: objectId });
  plan.phase('members of deleted users');
  for (const { objectId, groups } of memberships) {
    for (const group of groups) plan.add({ kind: 'change-members', group, add: [], remove: [objectId] });
  }
  plan.phase('unknown members');
  for (const group of random.some([...plan.company.groups.keys()], 3)) {
    const known = random.some([...plan.company.people.keys()], 2);
    plan.add({ kind: 'change-members', group, add: known, remove: [], unknown: [random.guid()] });
  }
}

/** Everything that was seen in the field, mixed, in both dialects; one request in seven that can be repeated is. */
export function planMess(plan: Plan, random: SeededRandom, people: Draw): void {
  const size = plan.company.people.size;
  const managers = managersOf(plan.company);
  duplicates(plan, random, [...people.take(share(size, 0.02)), ...people.takeAway(2)]);
  flapping(plan, people.take(share(size, 0.03)));
  emptyValues(plan, people.take(share(size, 0.02)));
  crowdedGroup(plan, random);
  strangers(
    plan,
    random,
    people.take(share(size, 0.01), (person) => !managers.has(person.objectId)),
  );
  planDelta(plan, random, people);
  planLeave(plan, random, people);
  for (const { intents } of plan.phases) repeatSome(random, intents);
}

const repeatable: readonly Intent['kind'][] = ['update-user', 'change-members', 'set-manager', 'probe'];

/** Requests already applied come again, and each is written in either dialect. */
function repeatSome(random: SeededRandom, intents: Intent[]): void {
  intents.push(...intents.filter((intent) => repeatable.includes(intent.kind) && random.oneIn(7)));
  for (const [index, intent] of intents.entries()) intents[index] = { ...intent, dialect: random.pick(dialects) };
}
