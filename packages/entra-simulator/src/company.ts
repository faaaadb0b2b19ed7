import { type Attributes, enterpriseSchema } from './mapping.ts';
import { departments, familyNames, givenNames, groupNames, offices, signInName, teamNames, titles, writtenName } from './names.ts';
import { type SeededRandom, seededRandom } from './seeded-random.ts';

/** The mail and sign-in domain of every invented person. A tenant that links profiles by e-mail must own it. */
export const companyDomain = 'fabrikam.example';

/** What a company is a function of. */
export interface Founding {
  seed: number | string;
  /** At least 2. */
  users: number;
  /** At least 1. */
  groups: number;
}

export interface Person {
  /** Entra's objectId. A person hired again has a new one. */
  readonly objectId: string;
  attributes: Attributes & { userName: string };
  /** False while unassigned, disabled or soft-deleted: Entra's IsSoftDeleted. */
  active: boolean;
  manager?: string;
}

export interface Group {
  readonly objectId: string;
  displayName: string;
  /** objectIds of people. */
  readonly members: Set<string>;
}

/** What Entra knows, keyed by objectId, and the names that nothing may be found under any more. */
export interface Company {
  readonly people: Map<string, Person>;
  readonly groups: Map<string, Group>;
  readonly vacatedUserNames: Set<string>;
  readonly vacatedGroupNames: Set<string>;
}

export const emptyCompany = (): Company => ({
  people: new Map(),
  groups: new Map(),
  vacatedUserNames: new Set(),
  vacatedGroupNames: new Set(),
});

export const foundingSeed = ({ seed, users, groups }: Founding): string => `${seed}/${users}/${groups}`;

/** Invents a person. `login`: the part of the sign-in name before the domain, made unique by the caller. */
function person(random: SeededRandom, given: string, family: string, login: string): Person {
  const [street, city, region, postalCode, country, language] = random.pick(offices);
  const name = `${writtenName(given)} ${writtenName(family)}`;
  const userName = `${login}@${companyDomain}`;
  const attributes: Person['attributes'] = {
    userName,
    externalId: login,
    displayName: name,
    title: random.pick(titles),
    'name.givenName': writtenName(given),
    'name.familyName': writtenName(family),
    'name.formatted': name,
    // A guest's sign-in name is the home address, rewritten; the address stays that of the home company.
    'emails[type eq "work"].value': userName.replace(`_partner.example#EXT#@${companyDomain}`, '@partner.example'),
    [`${enterpriseSchema}:employeeNumber`]: String(10_000 + random.below(90_000)),
    [`${enterpriseSchema}:department`]: random.pick(departments),
  };
  if (!random.oneIn(3)) attributes.preferredLanguage = language;
  if (!random.oneIn(4)) {
    attributes['addresses[type eq "work"].formatted'] = `${city}, ${region}`;
    attributes['addresses[type eq "work"].streetAddress'] = street;
    attributes['addresses[type eq "work"].locality'] = city;
    attributes['addresses[type eq "work"].region'] = region;
    attributes['addresses[type eq "work"].postalCode'] = postalCode;
    attributes['addresses[type eq "work"].country'] = country;
  }
  if (!random.oneIn(3)) attributes['phoneNumbers[type eq "work"].value'] = `+44 131 496 ${String(random.below(10_000)).padStart(4, '0')}`;
  if (random.oneIn(2)) attributes['phoneNumbers[type eq "mobile"].value'] = `+44 7700 900${String(random.below(1000)).padStart(3, '0')}`;
  if (random.oneIn(9)) attributes['phoneNumbers[type eq "fax"].value'] = '+44 131 496 0199';
  return { objectId: random.guid(), attributes, active: true };
}

/** Somebody new, whose sign-in name is in none of `taken`; it is added there. */
export function newPerson(random: SeededRandom, taken: Set<string>): Person {
  const given = random.pick(givenNames);
  const family = random.pick(familyNames);
  const stem = `${signInName(given)}.${signInName(family)}`;
  const guest = random.oneIn(150) ? '_partner.example#EXT#' : '';
  let login = stem + guest;
  for (let number = 2; taken.has(`${login}@${companyDomain}`); number++) login = `${stem}${number}${guest}`;
  taken.add(`${login}@${companyDomain}`);
  return person(random, given, family, login);
}

/** Somebody whose sign-in name depends on the seed text alone and collides with nobody's. */
export function markedPerson(seed: string): Person {
  const random = seededRandom(seed);
  const given = random.pick(givenNames);
  const family = random.pick(familyNames);
  return person(random, given, family, `${signInName(given)}.${signInName(family)}.${random.guid().slice(0, 8)}`);
}

/** Sign-in names that are or were somebody's. */
export const takenUserNames = (company: Company): Set<string> =>
  new Set([...company.vacatedUserNames, ...[...company.people.values()].map((each) => each.attributes.userName)]);

const nameOfGroup = (index: number): string =>
  groupNames[index] ??
  `${teamNames[(index - groupNames.length) % teamNames.length]} ${Math.floor((index - groupNames.length) / teamNames.length) + 1}`;

/**
 * A company before it is provisioned: the first tenth of its people manage the others; everybody is in no group, one, or some, the owners'
 * group small, one group with a third of the company.
 */
export function foundCompany(founding: Founding): Company {
  const random = seededRandom(foundingSeed(founding));
  const company = emptyCompany();
  const taken = new Set<string>();
  for (let count = 0; count < founding.users - 1; count++) {
    const hired = newPerson(random, taken);
    company.people.set(hired.objectId, hired);
  }
  const people = [...company.people.values()];
  const managers = people.slice(0, Math.ceil(people.length / 10));
  for (const each of people) {
    const manager = random.pick(managers);
    if (manager !== each) each.manager = manager.objectId;
  }
  for (let index = 0; index < founding.groups; index++) {
    const size = index === 0 ? people.length / 100 : index === 1 ? people.length / 3 : (people.length * 1.2) / founding.groups;
    const members = random.some(people, Math.max(2, Math.ceil(size))).map((each) => each.objectId);
    const group = { objectId: random.guid(), displayName: nameOfGroup(index), members: new Set(members) };
    company.groups.set(group.objectId, group);
  }
  return company;
}
