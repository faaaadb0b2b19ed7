import type { Company, Person } from './company.ts';
import { applyIntent, copyOfCompany, type Intent, type IntentOf } from './intent.ts';

/** Intents of one phase may be carried out in any order and at once; phases follow each other. */
export interface Phase {
  name: string;
  intents: Intent[];
}

/** A cycle being planned: the company as it will be after all that is planned so far. */
export interface Plan {
  readonly company: Company;
  readonly phases: readonly Phase[];
  phase(name: string): void;
  add(...intents: Intent[]): void;
}

export function planFrom(before: Company): Plan {
  const company = copyOfCompany(before);
  const phases: Phase[] = [];
  return {
    company,
    phases,
    phase: (name) => void phases.push({ name, intents: [] }),
    add(...intents) {
      for (const intent of intents) {
        applyIntent(company, intent);
        phases.at(-1)!.intents.push(intent);
      }
    },
  };
}

/** Most members in one legacy value array. */
const membersPerPatch = 100;

/** Member changes of one group: in batches, or `singly`, one request for each member, which then arrive at once. */
export function memberIntents(
  group: string,
  change: { add?: readonly string[]; remove?: readonly string[] },
  singly: boolean,
): IntentOf<'change-members'>[] {
  const size = singly ? 1 : membersPerPatch;
  const intents: IntentOf<'change-members'>[] = [];
  for (const side of ['add', 'remove'] as const) {
    const ids = change[side] ?? [];
    for (let at = 0; at < ids.length; at += size) {
      intents.push({ kind: 'change-members', group, add: [], remove: [], [side]: ids.slice(at, at + size) });
    }
  }
  return intents;
}

/** A copy as it stands now, without a manager: references are written in a later pass. */
export const withoutManager = ({ objectId, attributes, active }: Person): Person => ({ objectId, attributes: { ...attributes }, active });
