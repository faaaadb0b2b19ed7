import { companyDomain, type Group, type Person, takenUserNames } from '../company.ts';
import type { AttributeChange } from '../intent.ts';
import { enterpriseSchema, type Target } from '../mapping.ts';
import { departments, familyNames, signInName, titles, writtenName } from '../names.ts';
import type { Plan } from '../plan.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { type Draw, groupsOf, hire, managersOf, share } from './choose.ts';

export function change(person: Person, target: Target, value: string): AttributeChange {
  const before = person.attributes[target];
  return before === undefined ? { target, value } : { target, before, value };
}

/** Married: a new family name, sign-in name and address. */
function rename(random: SeededRandom, person: Person, taken: Set<string>): AttributeChange[] {
  const family = random.pick(familyNames);
  const given = person.attributes['name.givenName'] ?? '';
  const stem = `${person.attributes.userName.split(/[.@]/)[0]}.${signInName(family)}`;
  let login = stem;
  for (let number = 2; taken.has(`${login}@${companyDomain}`); number++) login = `${stem}${number}`;
  const userName = `${login}@${companyDomain}`;
  taken.add(userName);
  const name = `${given} ${writtenName(family)}`;
  return [
    change(person, 'userName', userName),
    change(person, 'externalId', login),
    change(person, 'displayName', name),
    change(person, 'name.familyName', writtenName(family)),
    change(person, 'name.formatted', name),
    change(person, 'emails[type eq "work"].value', userName),
  ];
}

function changePeople(plan: Plan, random: SeededRandom, people: Draw): void {
  const size = plan.company.people.size;
  const taken = takenUserNames(plan.company);
  const update = (person: Person, changes: AttributeChange[]) => plan.add({ kind: 'update-user', person: person.objectId, changes });
  plan.phase('changed users');
  for (const person of people.take(share(size, 0.02))) update(person, rename(random, person, taken));
  for (const person of people.take(share(size, 0.02))) {
    const address = person.attributes.userName.replace('#EXT#', '').replace('@', '.mail@');
    update(person, [change(person, 'emails[type eq "work"].value', address)]);
  }
  for (const person of people.take(share(size, 0.04))) update(person, [change(person, 'title', `${random.pick(titles)} II`)]);
  for (const person of people.take(share(size, 0.02))) {
    update(person, [
      change(person, `${enterpriseSchema}:department`, random.pick(departments)),
      change(person, 'title', random.pick(titles)),
      change(person, 'phoneNumbers[type eq "mobile"].value', '+47 900 00 123'),
      change(person, 'addresses[type eq "work"].locality', 'Ålesund'),
    ]);
  }
}

function changeManagers(plan: Plan, random: SeededRandom, people: Draw): void {
  const managers = [...managersOf(plan.company)];
  plan.phase('changed managers');
  for (const { objectId, manager: before } of people.take(
    share(plan.company.people.size, 0.02),
    (person) => person.manager !== undefined,
  )) {
    const manager = random.pick(managers.filter((id) => id !== objectId));
    plan.add({ kind: 'set-manager', person: objectId, manager, before: before! });
  }
  for (const { objectId, manager } of people.take(1, (person) => person.manager !== undefined)) {
    plan.add({ kind: 'set-manager', person: objectId, before: manager! });
  }
}

/** Everybody who moves leaves one group at most, so the role that is left does not depend on the order of arrival. */
function moveMembers(plan: Plan, random: SeededRandom, people: Draw): void {
  const { company } = plan;
  plan.phase('moved members');
  for (const { objectId } of people.take(share(company.people.size, 0.04))) {
    const from = groupsOf(company, objectId);
    const to = [...company.groups.keys()].filter((group) => !from.includes(group));
    if (from.length > 0) plan.add({ kind: 'change-members', group: random.pick(from), add: [], remove: [objectId] });
    if (to.length > 0) plan.add({ kind: 'change-members', group: random.pick(to), add: [objectId], remove: [] });
  }
}

const numbered = ({ displayName }: Group): string => {
  const [, name, number] = /^(.*?)(?: v(\d+))?$/.exec(displayName)!;
  return `${name} v${Number(number ?? 1) + 1}`;
};

/** One phase for each group: somebody in two renamed groups loses both roles, and the last to go decides. */
function renameGroups(plan: Plan, random: SeededRandom): void {
  const groups = [...plan.company.groups.values()];
  for (const group of random.some(groups, share(groups.length, 0.1))) {
    plan.phase(`group renamed`);
    plan.add({ kind: 'rename-group', group: group.objectId, displayName: numbered(group) });
  }
}

/** An incremental cycle: only what changed, then new people, then group names. */
export function planDelta(plan: Plan, random: SeededRandom, people: Draw): void {
  changePeople(plan, random, people);
  changeManagers(plan, random, people);
  moveMembers(plan, random, people);
  hire(plan, random, share(plan.company.people.size, 0.03));
  renameGroups(plan, random);
}
