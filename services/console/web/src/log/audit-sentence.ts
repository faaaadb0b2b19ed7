import type { AuditEntry } from '@claras/contracts/console-api';
import type { AuditAction } from '@claras/domain/audit-actions';
import { asSentence, counted, idIn, listed, type Names, people, quoted, someone } from './names.ts';

type Said = Readonly<Record<string, unknown>>;
interface Entry {
  subject: string;
  details: Said;
}

const entra = 'Microsoft Entra';

/** Who did it, as the audit log names them. */
function actor(by: string, names: Names): string {
  const [kind, id = ''] = by.split(':');
  if (kind === 'profile') return names.profiles.get(id) ?? someone(names);
  const key = kind === 'key' && names.keys.get(id);
  if (kind === 'key') return key ? `a program with the API key ${quoted(key)}` : 'a program with an API key';
  if (kind === 'federation') return 'the application in Entra that is trusted';
  if (kind === 'operator') return 'Claras support';
  if (kind === 'scim') return entra;
  return kind === 'hand' ? 'somebody' : 'Claras';
}

const named = (details: Said, or: string): string => (typeof details.name === 'string' ? quoted(details.name) : or);
function provider({ subject, details }: Entry, { providers }: Names): string {
  const name = providers.get(idIn(subject));
  return name ? quoted(name) : named(details, 'that is no longer there');
}
const profile = ({ subject }: { subject: string }, names: Names): string => names.profiles.get(idIn(subject)) ?? someone(names);
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const roleName = (role: unknown): string => asSentence(String(role));
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** `Manager now comes from “Leads”`, for each role whose groups are others. */
function mappingChange({ before, after }: Said): string {
  const [old, now] = [before, after].map((mapping) => (mapping ?? {}) as Said);
  const changed = ['owner', 'manager', 'adviser', 'assistant'].filter(
    (role) => JSON.stringify(texts(old![role])) !== JSON.stringify(texts(now![role])),
  );
  return changed.map((role) => `${roleName(role)} now comes from ${listed(texts(now![role]).map(quoted)) || 'no group'}`).join('; ');
}

function providerChanged(entry: Entry, names: Names): string {
  const { domains, additiveMembers } = entry.details;
  if (domains !== undefined) return `changed the domains of the provider ${provider(entry, names)} to ${listed(texts(domains)) || 'none'}`;
  const what = additiveMembers ? 'now add to them' : 'are now all of them';
  return `changed the provider ${provider(entry, names)}: members that are sent for a group ${what}`;
}

function roleChanged(entry: Entry, names: Names): string {
  const { from, to } = entry.details;
  const who = profile(entry, names);
  return from === undefined
    ? `gave ${who} the role ${roleName(to)}`
    : `changed the role of ${who} from ${roleName(from)} to ${roleName(to)}`;
}

/** What was done, behind whoever did it. */
const deeds: Record<AuditAction, (entry: Entry, names: Names) => string> = {
  'key.created': ({ details }) => `made the API key ${named(details, '')} with ${listed(texts(details.scopes))}`,
  'key.revoked': ({ details }) => `revoked the API key ${named(details, '')}`,
  'provider.added': ({ details }) => `added the provider ${named(details, '')}${details.scim ? ' with SCIM on' : ''}`,
  'provider.changed': providerChanged,
  'provider.removed': ({ details }) => `removed the provider ${named(details, '')}`,
  'scim.enabled': ({ details }) => `turned SCIM on for ${named(details, 'a provider')}`,
  'scim.disabled': ({ details }) => `turned SCIM off for ${named(details, 'a provider')}`,
  'mapping.saved': (entry, names) =>
    `saved the Role Mapping of the provider ${provider(entry, names)}: ${mappingChange(entry.details) || 'as it was'}`,
  'federation.set': (entry, names) => `let an application in Entra in without an API key, for the provider ${provider(entry, names)}`,
  'federation.removed': (entry, names) => `ended the trust in an application in Entra, of the provider ${provider(entry, names)}`,
  'schema.registered': () => 'registered further attributes that Entra may send',
  'schema.removed': () => 'removed attributes that Entra could send',
  'members.dropped': ({ details }) =>
    `removed ${counted(number(details.dropped), 'person', 'people')} at once from the group ${named(details, 'without a name')}`,
  'snapshot.started': () => 'had all people and groups gone through once more',
  'directory.repaired': ({ details }, names) => `brought ${people(texts(details.users), names)} in line with Entra`,
  'log.erased': () => 'erased a person who was deleted from the provisioning log',
  'seats.approved': ({ details }) => `approved that the bill goes to ${counted(number(details.quantity), 'seat', 'seats')}`,
  'role.changed': roleChanged,
  'profile.linked': (entry, names) => `took over the profile of ${profile(entry, names)}, which was there before SCIM`,
  'profile.archived': (entry, names) => `archived ${profile(entry, names)}`,
  'profile.restored': (entry, names) => `restored ${profile(entry, names)}`,
  'team.events.missing': () => 'did not see what happened to the team for a while: changes of roles from before this entry may be missing',
  'tenant.erased': () => 'erased the company, with all its people',
};

/** An entry of the audit log in one sentence: who did what to whom. */
export function auditSentence({ by, action, subject, details }: AuditEntry, names: Names): string {
  const entry = { subject, details: (details ?? {}) as Said };
  const deed = deeds[action as AuditAction];
  if (!deed) return asSentence(`${actor(by, names)} did something for which this page has no words yet`);
  // Entra sends people and groups; it is the Role Mapping that makes a role of it.
  const who = action === 'role.changed' && by === 'scim' ? 'the Role Mapping' : actor(by, names);
  return asSentence(`${who} ${deed(entry, names)}`);
}
