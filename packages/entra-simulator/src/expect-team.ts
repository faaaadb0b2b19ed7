import { type Company, emptyCompany, type Founding } from './company.ts';
import { type CycleName, historyOf } from './history.ts';
import { applyIntent, type Intent } from './intent.ts';

/**
 * What a Claras team must be after a company was provisioned to it, by the help page's rules and written apart from the product's code:
 * this is the judge, so it must not share its mistakes.
 */
export const ranks = ['owner', 'manager', 'adviser', 'assistant'] as const;
export type ExpectedRole = (typeof ranks)[number];

/** Group names for each role, as on the Role Mapping tab. */
export type Mapping = Partial<Record<ExpectedRole, readonly string[]>>;

export interface ExpectedMember {
  userName: string;
  role: ExpectedRole;
  status: 'active' | 'archived';
}

/** What happens to a team, in order: a cycle is played, or the role mapping is saved. Before the first mapping all fields are blank. */
export type Story = readonly (CycleName | Mapping)[];

/** Without case, in one Unicode form, without space around. Through upper case, so that ß and SS are one. */
const folded = (name: string): string => name.normalize('NFKC').trim().toUpperCase().toLowerCase();

/** "Users will be assigned the highest level of privilege in order of owner > manager > adviser > assistant." */
function roleByGroups(company: Company, mapping: Mapping, objectId: string): ExpectedRole | undefined {
  const names = new Set(
    [...company.groups.values()].filter((group) => group.members.has(objectId)).map((group) => folded(group.displayName)),
  );
  return ranks.find((role) => mapping[role]?.some((name) => names.has(folded(name))));
}

/** People whose role an intent may change. */
function touched(company: Company, intent: Intent): string[] {
  switch (intent.kind) {
    case 'change-members':
      return [...intent.add, ...intent.remove];
    case 'rename-group':
    case 'delete-group':
      return [...(company.groups.get(intent.group)?.members ?? [])];
    default:
      return [];
  }
}

/** The team after these intents and mappings, in this order. Deleted people are still listed, archived. */
export function teamAfter(steps: Iterable<Intent | Mapping>): ExpectedMember[] {
  const team = new Map<string, ExpectedMember>();
  const company = emptyCompany();
  let mapping: Mapping = {};
  const userNameOf = (id: string): string | undefined => company.people.get(id)?.attributes.userName;

  /** No match keeps the role, and "this automation will not downgrade the role of someone who is an Owner". */
  const recheck = (id: string): void => {
    const member = team.get(userNameOf(id) ?? '');
    if (member && member.role !== 'owner') member.role = roleByGroups(company, mapping, id) ?? member.role;
  };

  /** "By default, all new profiles will be created with the Adviser role"; whoever is known, by an earlier or a former name, keeps theirs. */
  const follow = (id: string, formerName: string | undefined): void => {
    const person = company.people.get(id)!;
    const { userName } = person.attributes;
    const role = team.get(formerName ?? userName)?.role ?? 'adviser';
    if (formerName) team.delete(formerName);
    team.set(userName, { userName, role, status: person.active ? 'active' : 'archived' });
  };

  const carryOut = (intent: Intent): void => {
    const concerned = touched(company, intent);
    const id = 'person' in intent ? (typeof intent.person === 'string' ? intent.person : intent.person.objectId) : '';
    const formerName = userNameOf(id);
    applyIntent(company, intent);
    if (intent.kind === 'delete-user') team.get(formerName!)!.status = 'archived';
    if (intent.kind === 'provision-user' || intent.kind === 'update-user') follow(id, formerName);
    for (const person of concerned) recheck(person);
  };

  for (const step of steps) {
    if ('kind' in step) carryOut(step);
    else {
      mapping = step;
      // "The roles of users already in Claras will be re-checked."
      for (const id of company.people.keys()) recheck(id);
    }
  }
  return [...team.values()];
}

/** The team after a story of an invented company. */
export function expectTeam(founding: Founding, story: Story): ExpectedMember[] {
  const cycles = story.filter((part) => typeof part === 'string');
  const chapters = historyOf(founding, cycles).values();
  return teamAfter(
    story.flatMap((part): (Intent | Mapping)[] =>
      typeof part === 'string' ? chapters.next().value!.phases.flatMap(({ intents }) => intents) : [part],
    ),
  );
}

/** Seats billed: active profiles. */
export const expectSeats = (team: readonly ExpectedMember[]): number => team.filter(({ status }) => status === 'active').length;
