import type { Company, Group, Person } from './company.ts';
import type { Target } from './mapping.ts';

/**
 * `legacy`: no flag in the Tenant URL, so capitalised ops, "False", one op for each attribute, members removed with a value array.
 * `flagged`: `aadOptscim062020` (application-provisioning-config-problem-scim-compatibility).
 */
export const dialects = ['legacy', 'flagged'] as const;
export type Dialect = (typeof dialects)[number];

/** One mapped attribute that Entra found different. `value` null or '' asks for it to be unassigned. */
export interface AttributeChange {
  target: Target;
  before?: string;
  value: string | null;
}

/** One thing that Entra sets out to do. People and groups are named by objectId; a whole Person or Group is a copy of that moment. */
export type Intent = { dialect?: Dialect } & (
  | { kind: 'probe'; resource: 'Users' | 'Groups'; attribute: string; guid: string }
  /** Match, then create or update. `nulls`: the create names absent attributes with null, as Microsoft's sample does. */
  | { kind: 'provision-user'; person: Person; nulls?: boolean }
  /** A create without a match first: Entra's retry of one whose answer it never saw. */
  | { kind: 'create-user-again'; person: Person }
  | { kind: 'update-user'; person: string; changes: AttributeChange[]; active?: boolean }
  /** Without `manager`: removed; `emptied` removes it with an empty value instead of a Remove. */
  | { kind: 'set-manager'; person: string; manager?: string; before?: string; emptied?: boolean }
  | { kind: 'delete-user'; person: string }
  | { kind: 'provision-group'; group: Group }
  | { kind: 'create-group-again'; group: Group }
  | { kind: 'rename-group'; group: string; displayName: string }
  | { kind: 'delete-group'; group: string }
  /** One PATCH. `unknown`: ids that were never anybody's, added with the others. */
  | { kind: 'change-members'; group: string; add: string[]; remove: string[]; unknown?: string[] }
  | { kind: 'check-manager'; person: string; manager: string }
  | { kind: 'check-member'; group: string; person: string }
);

export type IntentOf<Kind extends Intent['kind']> = Extract<Intent, { kind: Kind }>;

const copyOfPerson = (person: Person): Person => ({ ...person, attributes: { ...person.attributes } });
const copyOfGroup = (group: Group): Group => ({ ...group, members: new Set(group.members) });

export const copyOfCompany = (company: Company): Company => ({
  people: new Map([...company.people].map(([id, person]) => [id, copyOfPerson(person)])),
  groups: new Map([...company.groups].map(([id, group]) => [id, copyOfGroup(group)])),
  vacatedUserNames: new Set(company.vacatedUserNames),
  vacatedGroupNames: new Set(company.vacatedGroupNames),
});

function update(company: Company, intent: IntentOf<'update-user'>): void {
  const person = company.people.get(intent.person)!;
  const { userName } = person.attributes;
  for (const { target, value } of intent.changes) {
    if (value) person.attributes[target] = value;
    else delete person.attributes[target];
  }
  if (intent.active !== undefined) person.active = intent.active;
  if (person.attributes.userName !== userName) company.vacatedUserNames.add(userName);
}

function deleteUser(company: Company, id: string): void {
  const person = company.people.get(id)!;
  company.people.delete(id);
  company.vacatedUserNames.add(person.attributes.userName);
  for (const group of company.groups.values()) group.members.delete(id);
}

function changeMembers(company: Company, { group, add, remove }: IntentOf<'change-members'>): void {
  const { members } = company.groups.get(group)!;
  for (const id of add) members.add(id);
  for (const id of remove) members.delete(id);
}

/** What the company is once the intent is carried out. Changes `company`. */
export function applyIntent(company: Company, intent: Intent): void {
  switch (intent.kind) {
    case 'provision-user':
      company.people.set(intent.person.objectId, copyOfPerson(intent.person));
      company.vacatedUserNames.delete(intent.person.attributes.userName);
      break;
    case 'update-user':
      update(company, intent);
      break;
    case 'set-manager': {
      const person = company.people.get(intent.person)!;
      if (intent.manager) person.manager = intent.manager;
      else delete person.manager;
      break;
    }
    case 'delete-user':
      deleteUser(company, intent.person);
      break;
    case 'provision-group':
      if (!company.groups.has(intent.group.objectId)) company.groups.set(intent.group.objectId, { ...intent.group, members: new Set() });
      company.vacatedGroupNames.delete(intent.group.displayName);
      break;
    case 'rename-group': {
      const group = company.groups.get(intent.group)!;
      company.vacatedGroupNames.add(group.displayName);
      group.displayName = intent.displayName;
      company.vacatedGroupNames.delete(intent.displayName);
      break;
    }
    case 'delete-group':
      company.vacatedGroupNames.add(company.groups.get(intent.group)!.displayName);
      company.groups.delete(intent.group);
      break;
    case 'change-members':
      changeMembers(company, intent);
      break;
  }
}
