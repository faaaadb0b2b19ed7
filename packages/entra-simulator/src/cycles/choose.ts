import { type Company, newPerson, type Person, takenUserNames } from '../company.ts';
import { type Plan, withoutManager } from '../plan.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** A share of `total`, never none. */
export const share = (total: number, part: number): number => Math.max(1, Math.round(total * part));

/** A draw without return: nobody is chosen for two things in one cycle. */
export interface Draw {
  /** Among active people. */
  take(count: number, fits?: (person: Person) => boolean): Person[];
  /** Among people who are unassigned. */
  takeAway(count: number): Person[];
}

/** Draws among people in their present state, `except` never. */
export function draw(random: SeededRandom, company: Company, except: (person: Person) => boolean): Draw {
  let pool = random.some([...company.people.values()], company.people.size).filter((person) => !except(person));
  const take = (count: number, fits: (person: Person) => boolean): Person[] => {
    const taken = new Set(pool.filter(fits).slice(0, count));
    pool = pool.filter((person) => !taken.has(person));
    return [...taken];
  };
  return {
    take: (count, fits = () => true) => take(count, (person) => person.active && fits(person)),
    takeAway: (count) => take(count, (person) => !person.active),
  };
}

/** objectIds of groups with this member. */
export const groupsOf = (company: Company, person: string): string[] =>
  [...company.groups.values()].filter((group) => group.members.has(person)).map((group) => group.objectId);

export const managersOf = (company: Company): Set<string> =>
  new Set([...company.people.values()].flatMap((person) => (person.manager ? [person.manager] : [])));

/** Hires people: users first, then a manager and one group each. */
export function hire(plan: Plan, random: SeededRandom, count: number): void {
  const { company } = plan;
  const managers = [...managersOf(company)];
  const groups = [...company.groups.keys()];
  const taken = takenUserNames(company);
  const hired = Array.from({ length: count }, () => newPerson(random, taken));
  plan.phase('new users');
  for (const person of hired) plan.add({ kind: 'provision-user', person: withoutManager(person) });
  plan.phase('managers and members of new users');
  for (const { objectId } of hired) {
    if (managers.length > 0) plan.add({ kind: 'set-manager', person: objectId, manager: random.pick(managers) });
    plan.add({ kind: 'change-members', group: random.pick(groups), add: [objectId], remove: [] });
  }
}
