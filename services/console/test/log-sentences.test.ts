import type { AuditEntry, ProvisioningEntry } from '@claras/contracts/console-api';
import { directoryEvents, outcomeEvents, type Profile } from '@claras/contracts/events';
import { type AuditAction, auditActions } from '@claras/domain/audit-actions';
import t from 'tap';
import { auditSentence } from '../web/src/log/audit-sentence.ts';
import type { Names } from '../web/src/log/names.ts';
import { type LoggedType, provisioningSentence } from '../web/src/log/provisioning-sentence.ts';
import { personIn, topics } from '../web/src/log/search.ts';

const names: Names = {
  profiles: new Map([
    ['p1', 'Ada Byron'],
    ['p2', 'Max Muster'],
  ]),
  users: new Map([
    ['u1', 'Ada Byron'],
    ['u2', 'Max Muster'],
    ['u3', 'Bo'],
    ['u4', 'Di'],
  ]),
  keys: new Map([['k1', 'Entra']]),
  providers: new Map([['e1', 'Entra']]),
  whole: true,
};
const nobody: Names = { profiles: new Map(), users: new Map(), keys: new Map(), providers: new Map(), whole: true };

const logged = (type: string, more: Partial<ProvisioningEntry> = {}): ProvisioningEntry => ({
  ...{ id: '1', sequence: 1, time: '2026-11-27T12:00:00.000Z', type, subject: 'Users/u1', request: 'PATCH /Users/u1' },
  ...{ users: 1, changes: [], consumers: [], results: [], resultsTotal: 0 },
  ...more,
});
const audited = (action: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  ...{ number: 1, time: '2026-11-27T12:00:00.000Z', by: 'profile:p2', action, subject: 'Profiles/p1', details: {} },
  ...{ previous: '', hash: '' },
  ...more,
});

const leads = { subject: 'Groups/g1', name: 'Leads', request: 'PATCH /Groups/g1' };
const members = (old: string[], now: string[]) => ({ ...leads, changes: [{ attribute: 'members', old, new: now }] });
const change = (attribute: string, old: unknown, now: unknown) => ({ changes: [{ attribute, old, new: now }] });

/** What the contracts list, each with what the log says of it. */
const ofTheLog: Record<LoggedType, [Partial<ProvisioningEntry>, string][]> = {
  'user.created': [
    [{ request: 'POST /Users' }, 'Microsoft Entra added Ada Byron'],
    [change('active', undefined, false), 'Microsoft Entra added Ada Byron, archived from the beginning'],
    [{ subject: 'Users/u9', name: 'eve@hill.example' }, 'Microsoft Entra added eve@hill.example'],
    [{ subject: 'Users/u9', name: '(erased)' }, 'Microsoft Entra added a person who was erased from this log'],
    [{ subject: 'Users/u9' }, 'Microsoft Entra added a person who is no longer in the team'],
  ],
  'user.updated': [
    [change('active', true, false), 'Microsoft Entra archived Ada Byron'],
    [change('active', false, true), 'Microsoft Entra restored Ada Byron'],
    [change('displayName', 'Ada', 'Ada Byron'), 'Microsoft Entra changed the name of Ada Byron'],
    [
      {
        changes: [
          { attribute: 'active', old: true, new: false },
          { attribute: 'emails', new: [] },
          { attribute: 'urn:acme', new: 1 },
        ],
      },
      'Microsoft Entra archived Ada Byron and changed the e-mail address and other details',
    ],
    [{}, 'Microsoft Entra sent Ada Byron once more'],
  ],
  'user.deleted': [[{ request: 'DELETE /Users/u1' }, 'Microsoft Entra deleted Ada Byron']],
  'group.created': [[leads, 'Microsoft Entra added the group “Leads”']],
  'group.updated': [
    [{ ...leads, ...change('displayName', 'Heads', 'Leads') }, 'Microsoft Entra renamed the group “Heads” to “Leads”'],
    [{ ...leads, ...change('externalId', 'a', 'b') }, 'Microsoft Entra changed the group “Leads”'],
  ],
  'group.deleted': [[{ subject: 'Groups/g1' }, 'Microsoft Entra deleted a group']],
  'group.members.changed': [
    [members([], ['u1']), 'Microsoft Entra added Ada Byron to the group “Leads”'],
    [members(['u1', 'u2'], []), 'Microsoft Entra removed Ada Byron and Max Muster from the group “Leads”'],
    [
      members(['u9'], ['u1', 'u2', 'u3', 'u4', 'u8']),
      'Microsoft Entra added Ada Byron, Max Muster, Bo and 2 more people to the group “Leads” and removed a person who is no longer in the team from it',
    ],
  ],
  'group.members.cleared': [[leads, 'Microsoft Entra removed everyone from the group “Leads”']],
  'provisioning.changed': [
    [
      { subject: 'Providers/e1', ...change('provisioning', undefined, { provider: 'e1' }) },
      'The SCIM settings or the Role Mapping of “Entra” changed, and Claras goes by the new ones',
    ],
    [
      { subject: 'Providers/none', ...change('provisioning', undefined, null) },
      'SCIM is off from here on: Claras takes nothing from Microsoft Entra',
    ],
  ],
  'snapshot.started': [[{ subject: 'Snapshots/s1' }, 'Claras began to go through all people and groups once more']],
  'snapshot.users': [
    [{ subject: 'Snapshots/s1', users: 100 }, 'Claras went through 100 people once more'],
    [{ subject: 'Users/u1', users: 1 }, 'Claras went through what it knows of Ada Byron once more'],
  ],
  'snapshot.groups': [[{ subject: 'Snapshots/s1' }, 'Claras went through some groups once more']],
  'snapshot.members': [[leads, 'Claras went through the members of the group “Leads” once more']],
  'snapshot.finished': [
    [
      {
        changes: [
          { attribute: 'users', new: 12 },
          { attribute: 'groups', new: 1 },
        ],
      },
      'Claras has gone through all: 12 people and 1 group',
    ],
  ],
  'tenant.erased': [[{ subject: 'Tenants/acme' }, 'The company was erased, with all its people']],
  'request.refused': [
    [{ subject: 'Users', request: 'POST /Users' }, 'Microsoft Entra tried to add a person, and Claras refused it'],
    [{}, 'Microsoft Entra tried to change Ada Byron, and Claras refused it'],
    [{ ...leads, request: 'DELETE /Groups/g1' }, 'Microsoft Entra tried to delete the group “Leads”, and Claras refused it'],
    [{ subject: 'Requests', request: 'POST /Bulk' }, 'Microsoft Entra sent a request, and Claras refused it'],
  ],
  'request.ignored': [[{}, 'Claras took what Microsoft Entra sent about Ada Byron, but had to leave a part of it out']],
};

const ofTheAudit: Record<AuditAction, [Partial<AuditEntry>, string][]> = {
  'key.created': [
    [{ subject: 'Keys/k2', details: { name: 'Entra', scopes: ['scim.full'] } }, 'Max Muster made the API key “Entra” with scim.full'],
  ],
  'key.revoked': [[{ by: 'operator', details: { name: 'Entra' } }, 'Claras support revoked the API key “Entra”']],
  'provider.added': [[{ details: { name: 'Entra', domains: [] } }, 'Max Muster added the provider “Entra”']],
  'provider.changed': [
    [
      { subject: 'Providers/e1', details: { before: [], domains: ['hill.example', 'sons.example'] } },
      'Max Muster changed the domains of the provider “Entra” to hill.example and sons.example',
    ],
    [
      { subject: 'Providers/e1', details: { additiveMembers: true } },
      'Max Muster changed the provider “Entra”: members that are sent for a group now add to them',
    ],
  ],
  'provider.removed': [[{ subject: 'Providers/e9', details: { name: 'Okta' } }, 'Max Muster removed the provider “Okta”']],
  'scim.enabled': [[{ details: { name: 'Entra' } }, 'Max Muster turned SCIM on for “Entra”']],
  'scim.disabled': [[{ by: 'key:k1', details: { name: 'Entra' } }, 'A program with the API key “Entra” turned SCIM off for “Entra”']],
  'mapping.saved': [
    [
      { subject: 'Providers/e1', details: { before: { owner: ['A'], manager: ['B'] }, after: { manager: ['B', 'C'] } } },
      'Max Muster saved the Role Mapping of the provider “Entra”: Owner now comes from no group; Manager now comes from “B” and “C”',
    ],
    [{ subject: 'Providers/e9', details: {} }, 'Max Muster saved the Role Mapping of the provider that is no longer there: as it was'],
  ],
  'federation.set': [
    [{ subject: 'Providers/e1' }, 'Max Muster let an application in Entra in without an API key, for the provider “Entra”'],
  ],
  'federation.removed': [[{ subject: 'Providers/e1' }, 'Max Muster ended the trust in an application in Entra, of the provider “Entra”']],
  'schema.registered': [[{ subject: 'Schemas/urn:acme:x' }, 'Max Muster registered further attributes that Entra may send']],
  'schema.removed': [[{ subject: 'Schemas/urn:acme:x' }, 'Max Muster removed attributes that Entra could send']],
  'members.dropped': [
    [
      { by: 'key:k9', details: { name: 'Leads', dropped: 120, added: 0 } },
      'A program with an API key removed 120 people at once from the group “Leads”',
    ],
  ],
  'snapshot.started': [[{ by: 'consumer:archiver' }, 'Claras had all people and groups gone through once more']],
  'directory.repaired': [
    [{ by: 'operator', details: { users: ['u1', 'u8', 'u9'] } }, 'Claras support brought Ada Byron and 2 more people in line with Entra'],
  ],
  'log.erased': [[{ subject: 'Users/u9' }, 'Max Muster erased a person who was deleted from the provisioning log']],
  'seats.approved': [[{ subject: 'Seats', details: { quantity: 12 } }, 'Max Muster approved that the bill goes to 12 seats']],
  'role.changed': [
    [{ details: { from: 'adviser', to: 'manager' } }, 'Max Muster changed the role of Ada Byron from Adviser to Manager'],
    [{ by: 'scim', details: { to: 'owner' } }, 'The Role Mapping gave Ada Byron the role Owner'],
    [
      { by: 'profile:p9', subject: 'Profiles/p8', details: { from: 'owner', to: 'adviser' } },
      'A person who is no longer in the team changed the role of a person who is no longer in the team from Owner to Adviser',
    ],
  ],
  'profile.linked': [[{ by: 'scim' }, 'Microsoft Entra took over the profile of Ada Byron, which was there before SCIM']],
  'profile.archived': [[{}, 'Max Muster archived Ada Byron']],
  'profile.restored': [[{ by: 'hand' }, 'Somebody restored Ada Byron']],
  'team.events.missing': [
    [{ by: 'system' }, 'Claras did not see what happened to the team for a while: changes of roles from before this entry may be missing'],
  ],
  'tenant.erased': [[{ by: 'operator' }, 'Claras support erased the company, with all its people']],
};

const loggedTypes = [...Object.keys(directoryEvents), ...Object.keys(outcomeEvents).filter((type) => type.startsWith('request.'))];

t.test('every type of the provisioning log has its sentences', async (t) => {
  t.strictSame(Object.keys(ofTheLog).sort(), loggedTypes.sort(), 'those of the contracts');
  for (const [type, cases] of Object.entries(ofTheLog))
    for (const [more, sentence] of cases) t.equal(provisioningSentence(logged(type, more), names), sentence);
});

t.test('every action of the audit log has its sentences', async (t) => {
  t.strictSame(Object.keys(ofTheAudit).sort(), [...auditActions].sort());
  for (const [action, cases] of Object.entries(ofTheAudit))
    for (const [more, sentence] of cases) t.equal(auditSentence(audited(action, more), names), sentence);
});

t.test('no sentence has a raw word in it, whatever is unknown', async (t) => {
  const said = [
    ...loggedTypes.map((type) => provisioningSentence(logged(type, { subject: 'Users/u9' }), nobody)),
    ...auditActions.map((action) => auditSentence(audited(action, { details: null }), nobody)),
  ];
  for (const sentence of said) {
    t.match(sentence, /^[A-Z]/);
    t.notMatch(sentence, /undefined|null|NaN|\w\.\w|\w+:\w|u9|p1|p2|no words/);
  }
  t.match(provisioningSentence(logged('user.deleted', { subject: 'Users/u9' }), { ...nobody, whole: false }), / a person of the team$/);
});

t.test('a newer server’s entries are said to be unknown, and a refusal by a rule is told', async (t) => {
  t.equal(provisioningSentence(logged('user.teleported'), names), 'Something happened for which this page has no words yet');
  t.equal(auditSentence(audited('moon.shot'), names), 'Max Muster did something for which this page has no words yet');
  const refused = { consumer: 'role-mapper', user: 'u1', facet: 'role', outcome: 'refused', at: '2026-11-27T12:00:00.000Z' } as const;
  t.equal(
    provisioningSentence(logged('group.members.changed', { ...members([], ['u1']), results: [refused] }), names),
    'Microsoft Entra added Ada Byron to the group “Leads”, but a rule of Claras kept a part of it back',
  );
});

t.test('in the timeline of a person this person is named first', async (t) => {
  const entry = logged('group.members.changed', members([], ['u2', 'u3', 'u4', 'u1']));
  const sentence = 'Microsoft Entra added Ada Byron, Max Muster, Bo and 1 more person to the group “Leads”';
  t.equal(provisioningSentence(entry, names, 'u1'), sentence);
});

t.test('repairs and what is said once more are not told as deeds of Entra', async (t) => {
  const { request: _, ...repaired } = logged('user.updated');
  t.equal(provisioningSentence(repaired, names), 'Claras went through what it knows of Ada Byron once more');
});

t.test('a search finds a person by name, address or a part that only one has', async (t) => {
  const person = (scimId: string, displayName: string, email: string): Profile => ({
    ...{ id: scimId, scimId, displayName, email, role: 'adviser', status: 'active' },
  });
  const team = [
    person('u1', 'Ada Byron', 'ada@hill.example'),
    person('u2', 'Ada Byron-King', 'king@hill.example'),
    person('u3', 'Bo', 'bo@hill.example'),
  ];
  t.strictSame(personIn(team, ' '), {});
  t.strictSame(personIn(team, 'ada byron'), { user: 'u1' }, 'the whole name first');
  t.strictSame(personIn(team, 'KING@'), { user: 'u2' });
  t.strictSame(personIn(team, 'ada'), { fit: 2 });
  t.strictSame(personIn(team, ' left@hill.example'), { user: 'left@hill.example' }, 'as the log knows them');
});

t.test('what can be asked for is the beginning of a type that is there', async (t) => {
  for (const { value } of topics)
    t.ok(
      loggedTypes.some((type) => type.startsWith(value)),
      value,
    );
});
