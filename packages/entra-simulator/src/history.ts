import { type Company, emptyCompany, type Founding, foundCompany, foundingSeed, markedPerson, type Person } from './company.ts';
import { draw } from './cycles/choose.ts';
import { planDelta } from './cycles/delta.ts';
import { planInitial } from './cycles/initial.ts';
import { planLeave } from './cycles/leave.ts';
import { planMess } from './cycles/mess.ts';
import { type Phase, type Plan, planFrom } from './plan.ts';
import { seededRandom } from './seeded-random.ts';

/** `initial`: everything, or a restart. `delta`: changes. `leave`: people go and return. `mess`: all of it and what goes wrong in the field. */
export const cycleNames = ['initial', 'delta', 'leave', 'mess'] as const;
export type CycleName = (typeof cycleNames)[number];

/** One cycle of a company's history: what Entra knew before, what it knows now, and what it sets out to do about it. */
export interface Chapter {
  cycle: CycleName;
  before: Company;
  after: Company;
  phases: readonly Phase[];
}

const seedOf = (founding: Founding, played: readonly CycleName[]): string => [foundingSeed(founding), ...played].join('/');

/**
 * The person whom a cycle creates last. No later cycle touches them, and their sign-in name depends only on the founding and the cycles
 * played, so the edge itself tells which history it has seen ({@link simulate} asks for them).
 */
export const lastHired = (founding: Founding, played: readonly CycleName[]): Person => markedPerson(`${seedOf(founding, played)}/last`);

function planCycle(plan: Plan, founding: Founding, played: readonly CycleName[], lastOnes: ReadonlySet<string>): void {
  const random = seededRandom(seedOf(founding, played));
  const cycle = played.at(-1)!;
  plan.phase('test connection');
  plan.add({ kind: 'probe', resource: 'Users', attribute: 'userName', guid: random.guid() });
  plan.add({ kind: 'probe', resource: 'Groups', attribute: 'displayName', guid: random.guid() });
  const people = draw(random, plan.company, (person) => lastOnes.has(person.objectId));
  if (cycle === 'initial') planInitial(plan, random, played.length === 1 ? foundCompany(founding) : plan.company);
  if (cycle === 'delta') planDelta(plan, random, people);
  if (cycle === 'leave') planLeave(plan, random, people);
  if (cycle === 'mess') planMess(plan, random, people);
}

/** The whole history of a company over these cycles, the first of which is `initial`. Pure: the same arguments give the same history. */
export function historyOf(founding: Founding, cycles: readonly CycleName[]): Chapter[] {
  if (cycles.length > 0 && cycles[0] !== 'initial') throw new RangeError('a history begins with the initial cycle');
  const chapters: Chapter[] = [];
  const lastOnes = new Set<string>();
  let before = emptyCompany();
  for (const [index, cycle] of cycles.entries()) {
    const played = cycles.slice(0, index + 1);
    const plan = planFrom(before);
    planCycle(plan, founding, played, lastOnes);
    const last = lastHired(founding, played);
    plan.phase('last new user');
    plan.add({ kind: 'provision-user', person: last });
    lastOnes.add(last.objectId);
    chapters.push({ cycle, before, after: plan.company, phases: plan.phases });
    before = plan.company;
  }
  return chapters;
}
