import type { ProvisioningEntry } from '@claras/contracts/console-api';
import type { DirectoryFact, OutcomeFact } from '@claras/contracts/events';
import { asSentence, counted, idIn, listed, type Names, people, quoted, someone } from './names.ts';

/** What the provisioning log keeps: the directory's events, and what the edge tells of requests. */
export type LoggedType = DirectoryFact['type'] | Extract<OutcomeFact['type'], `request.${string}`>;

/** What the log has for a name that was erased. */
const erased = '(erased)';
const entra = 'Microsoft Entra';

/** Attributes of users (RFC 7643, 4.1 and 4.3) in the words of the Team page. */
const attributes: Record<string, string> = {
  userName: 'user name',
  displayName: 'name',
  name: 'name',
  nickName: 'name',
  emails: 'e-mail address',
  externalId: 'id in Entra',
  title: 'job title',
  phoneNumbers: 'phone number',
  addresses: 'address',
  preferredLanguage: 'language',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': 'company details',
};

const person = ({ subject, name }: ProvisioningEntry, names: Names): string =>
  names.users.get(idIn(subject)) ?? (name === erased ? 'a person who was erased from this log' : (name ?? someone(names)));
const group = ({ name }: ProvisioningEntry): string => (name ? `the group ${quoted(name)}` : 'a group');
const changeOf = ({ changes }: ProvisioningEntry, attribute: string) => changes.find((change) => change.attribute === attribute);
const ids = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

const onceMore = (who: string): string => `Claras went through what it knows of ${who} once more`;

function userUpdated(entry: ProvisioningEntry, names: Names): string {
  const who = person(entry, names);
  if (!entry.request) return onceMore(who);
  const access = changeOf(entry, 'active');
  const deeds = access?.new === false ? ['archived'] : access?.old === false ? ['restored'] : [];
  const others = entry.changes.filter(({ attribute }) => attribute !== 'active');
  const said = new Set(others.map(({ attribute }) => (attributes[attribute] ? `the ${attributes[attribute]}` : 'other details')));
  if (said.size > 0)
    return `${entra} ${deeds.length > 0 ? `${deeds[0]} ${who} and changed ${listed([...said])}` : `changed ${listed([...said])} of ${who}`}`;
  return deeds.length > 0 ? `${entra} ${deeds[0]} ${who}` : `${entra} sent ${who} once more`;
}

function groupUpdated(entry: ProvisioningEntry): string {
  const renamed = changeOf(entry, 'displayName');
  if (typeof renamed?.old !== 'string') return `${entra} changed ${group(entry)}`;
  return `${entra} renamed the group ${quoted(renamed.old)} to ${quoted(String(renamed.new))}`;
}

function membersChanged(entry: ProvisioningEntry, names: Names, about?: string): string {
  const members = changeOf(entry, 'members');
  const first = (some: unknown) => ids(some).sort((a, b) => Number(b === about) - Number(a === about));
  const [added, removed] = [first(members?.new), first(members?.old)];
  const who = entry.request ? entra : 'Claras once more';
  const [to, from] = [`added ${people(added, names)} to ${group(entry)}`, `removed ${people(removed, names)} from`];
  if (removed.length === 0) return `${who} ${to}`;
  return added.length === 0 ? `${who} ${from} ${group(entry)}` : `${who} ${to} and ${from} it`;
}

/** What was tried: `Microsoft Entra tried to change Ada Byron`. */
function attempt(entry: ProvisioningEntry, names: Names): string {
  const [kind, id] = entry.subject.split('/');
  if (kind !== 'Users' && kind !== 'Groups') return `${entra} sent a request`;
  const one = kind === 'Users' ? (id ? person(entry, names) : 'a person') : id ? group(entry) : 'a group';
  const method = entry.request?.split(' ')[0];
  return `${entra} tried to ${method === 'DELETE' ? 'delete' : method === 'POST' && !id ? 'add' : 'change'} ${one}`;
}

function requestIgnored(entry: ProvisioningEntry, names: Names): string {
  const about = entry.subject.startsWith('Groups/') ? group(entry) : person(entry, names);
  return `Claras took what ${entra} sent about ${about}, but had to leave a part of it out`;
}

const sentences: Record<LoggedType, (entry: ProvisioningEntry, names: Names, about?: string) => string> = {
  'user.created': (entry, names) =>
    `${entra} added ${person(entry, names)}${changeOf(entry, 'active')?.new === false ? ', archived from the beginning' : ''}`,
  'user.updated': userUpdated,
  'user.deleted': (entry, names) => `${entry.request ? entra : 'Claras once more'} deleted ${person(entry, names)}`,
  'group.created': (entry) => `${entra} added ${group(entry)}`,
  'group.updated': groupUpdated,
  'group.deleted': (entry) => `${entra} deleted ${group(entry)}`,
  'group.members.changed': membersChanged,
  'group.members.cleared': (entry) => `${entra} removed everyone from ${group(entry)}`,
  'provisioning.changed': (entry, { providers }) => {
    const name = providers.get(idIn(entry.subject));
    if (!changeOf(entry, 'provisioning')?.new) return `SCIM is off from here on: Claras takes nothing from ${entra}`;
    return `The SCIM settings or the Role Mapping${name ? ` of ${quoted(name)}` : ''} changed, and Claras goes by the new ones`;
  },
  'snapshot.started': () => 'Claras began to go through all people and groups once more',
  // Of one person: outside a snapshot, by a repair.
  'snapshot.users': (entry, names) =>
    entry.subject.startsWith('Users/')
      ? onceMore(person(entry, names))
      : `Claras went through ${counted(entry.users, 'person', 'people')} once more`,
  'snapshot.groups': () => 'Claras went through some groups once more',
  'snapshot.members': (entry) => `Claras went through the members of ${group(entry)} once more`,
  'snapshot.finished': (entry) => {
    const [users, groups] = ['users', 'groups'].map((of) => number(changeOf(entry, of)?.new));
    return `Claras has gone through all: ${counted(users!, 'person', 'people')} and ${counted(groups!, 'group', 'groups')}`;
  },
  'tenant.erased': () => 'The company was erased, with all its people',
  'request.refused': (entry, names) => `${attempt(entry, names)}, and Claras refused it`,
  'request.ignored': requestIgnored,
};

/** An entry of the provisioning log in one sentence, for people who know Claras and Entra and nothing of SCIM. `about`: SCIM id of whom to name first. */
export function provisioningSentence(entry: ProvisioningEntry, names: Names, about?: string): string {
  const said = sentences[entry.type as LoggedType]?.(entry, names, about) ?? 'Something happened for which this page has no words yet';
  const refused = entry.results.some(({ outcome }) => outcome === 'refused');
  return asSentence(refused ? `${said}, but a rule of Claras kept a part of it back` : said);
}
