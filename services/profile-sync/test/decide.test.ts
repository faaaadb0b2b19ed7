import type { DirectoryEvent, DirectoryFact } from '@claras/contracts/events';
import t from 'tap';
import { decide, type Known, nothingKnown, retries, withAccess, withResults, wouldArchiveMost } from '../src/decide.ts';

let sequence = 0;
const event = (fact: DirectoryFact): DirectoryEvent =>
  ({ ...fact, id: 'e', subject: '', tenant: 'acme', sequence: ++sequence, time: '2026-01-01T00:00:00.000Z' }) as DirectoryEvent;

const anna = { id: 'u1', userName: 'anna@acme.com', active: true };
const created = (user: object) => event({ type: 'user.created', data: { user: { ...anna, ...user } } });
const updated = (changed: string[], user = {}) => event({ type: 'user.updated', data: { user: { ...anna, ...user }, changed } });
const of = (domains: string[]): Known => ({ ...nothingKnown, domains });
const one = (given: DirectoryEvent) => decide(nothingKnown, [given]).changes[0];

t.beforeEach(() => {
  sequence = 0;
});

t.test('M20 a new user gives an identity with its e-mail, names and first access', async (t) => {
  const given = created({
    displayName: 'Anna Berg',
    name: { givenName: 'Anna', familyName: 'Berg' },
    emails: [{ type: 'work', value: 'anna.berg@acme.com' }],
    active: false,
  });
  t.strictSame(decide(of(['acme.com']), [given]).changes, [
    {
      facet: 'identity',
      user: 'u1',
      sequence: 1,
      userName: 'anna@acme.com',
      displayName: 'Anna Berg',
      email: 'anna.berg@acme.com',
      givenName: 'Anna',
      familyName: 'Berg',
      active: false,
      linkDomains: ['acme.com'],
    },
  ]);
});

t.test('M20 a profile is never without a name: displayName, else formatted, else given and family, else userName', async (t) => {
  t.match(one(created({ displayName: ' ', name: { formatted: 'Dr. Anna Berg', givenName: 'Anna' } })), { displayName: 'Dr. Anna Berg' });
  t.match(one(created({ name: { givenName: 'Anna', familyName: 'Berg' } })), { displayName: 'Anna Berg' });
  t.match(one(created({ name: { familyName: 'Berg' } })), { displayName: 'Berg' });
  t.match(one(created({ name: 'Anna' })), { displayName: 'anna@acme.com' });
  t.match(one(created({ displayName: 'x'.repeat(3000) })), { displayName: 'x'.repeat(1024) });
});

t.test('M20 changes to names and e-mails reach the profile, others send nothing', async (t) => {
  for (const attribute of ['userName', 'displayName', 'name', 'emails'])
    t.match(one(updated(['title', attribute])), { facet: 'identity', user: 'u1' }, attribute);
  t.strictSame(decide(nothingKnown, [updated(['title']), updated(['active']), updated(['externalId'])]).changes, []);
});

t.test('M23 a deleted user gives a removal', async (t) => {
  const deleted = event({ type: 'user.deleted', data: { id: 'u1', userName: 'anna@acme.com' } });
  t.strictSame(decide(nothingKnown, [deleted]).changes, [{ facet: 'removal', user: 'u1', sequence: 1 }]);
});

t.test('M18 profiles are linked by the domains that hold where the event stands', async (t) => {
  const on = event({ type: 'provisioning.changed', data: { provisioning: { provider: 'p', domains: ['acme.com'], mapping: {} } } });
  const off = event({ type: 'provisioning.changed', data: { provisioning: null } });
  const { changes, known } = decide(nothingKnown, [created({}), on, created({}), off, created({})]);
  t.match(changes, [{ linkDomains: [] }, { linkDomains: ['acme.com'] }, { linkDomains: [] }]);
  t.strictSame(known.domains, []);
});

t.test('events of a later version are passed over', async (t) => {
  t.strictSame(decide(nothingKnown, [{ ...updated(['userName']), type: 'user.merged' } as unknown as DirectoryEvent]).changes, []);
});

const deleted = (id: string) => event({ type: 'user.deleted', data: { id, userName: id } });
/** Folds one event after the other, as the consumer does; the core app refuses those of `refusing`. */
function play(events: readonly DirectoryEvent[], refusing: (user: string, sequence: number) => boolean) {
  let known = nothingKnown;
  const sent: string[] = [];
  const answer = (changes: ReturnType<typeof decide>['changes']) => {
    for (const { facet, user, sequence } of changes) sent.push(`${facet} ${user} ${sequence}`);
    const results = changes.map(({ facet, user, sequence }) => {
      const outcome = facet === 'identity' && refusing(user, sequence) ? ('refused' as const) : ('applied' as const);
      return { facet, user, sequence, outcome };
    });
    known = withResults(known, changes, results);
  };
  for (const event of events) {
    const decided = decide(known, [event]);
    known = decided.known;
    answer(decided.changes);
    known = withAccess(known, [event]);
    answer(retries(known, [event]));
  }
  return { known, sent };
}

t.test('M18 what the core app refused is tried again when the cause may be gone, until it is taken', async (t) => {
  const on = (domains: string[]) =>
    event({ type: 'provisioning.changed', data: { provisioning: { provider: 'p', domains, mapping: {} } } });
  const story = [
    created({ id: 'twin' }),
    updated(['title'], { id: 'other' }),
    updated(['emails'], { id: 'other' }),
    on(['acme.com']),
    deleted('other'),
    deleted('another'),
  ];
  const { known, sent } = play(story, (user, sequence) => user === 'twin' && sequence < 5);
  t.strictSame(sent, [
    'identity twin 1',
    'identity other 3',
    'identity twin 3',
    'identity twin 4',
    'removal other 5',
    'identity twin 5',
    'removal another 6',
  ]);
  t.strictSame(known.refused, {});
});

t.test('a retry goes by the domains of its moment; a user that is gone is not tried again; not more are remembered than 500', async (t) => {
  const waiting = decide(nothingKnown, [created({ id: 'a' }), created({ id: 'b' })]);
  const refusedAll = (changes: typeof waiting.changes) => changes.map((change) => ({ ...change, outcome: 'refused' as const }));
  const known = withResults({ ...waiting.known, domains: ['acme.com'] }, waiting.changes, refusedAll(waiting.changes));
  t.match(retries(known, [deleted('x')]), [
    { user: 'a', linkDomains: ['acme.com'] },
    { user: 'b', sequence: 3 },
  ]);
  const gone = decide(known, [deleted('a')]);
  t.strictSame(Object.keys(withResults(gone.known, gone.changes, []).refused), ['b']);
  const many = decide(
    nothingKnown,
    Array.from({ length: 600 }, (_, n) => created({ id: `m${n}` })),
  );
  const kept = Object.keys(withResults(known, many.changes, refusedAll(many.changes)).refused);
  t.strictSame([kept.length, kept.at(-1)], [500, 'm599']);
});

t.test('M21 a retry does not give back an access that was taken since, in whatever batches it was heard', async (t) => {
  const story = [created({ id: 'twin' }), updated(['active'], { id: 'twin', active: false }), deleted('other')];
  const refuse = (changes: ReturnType<typeof decide>['changes']) => changes.map((change) => ({ ...change, outcome: 'refused' as const }));
  for (const cut of [1, 2, 3]) {
    let known = nothingKnown;
    let again: ReturnType<typeof retries> = [];
    for (const batch of [story.slice(0, cut), story.slice(cut)]) {
      const decided = decide(known, batch);
      known = withAccess(withResults(decided.known, decided.changes, refuse(decided.changes)), batch);
      if (retries(known, batch).length > 0) again = retries(known, batch);
    }
    t.match(again, [{ user: 'twin', sequence: 3, active: false }], `cut behind ${cut}`);
  }
});

t.test('a snapshot restates identities, by the domains that it says', async (t) => {
  const provisioning = { provider: 'p', domains: ['acme.com'], mapping: {} };
  const started = event({ type: 'snapshot.started', data: { provisioning, reason: 'a gap', rebuild: false } });
  const part = event({ type: 'snapshot.users', data: { users: [anna, { ...anna, id: 'u2', active: false }] } });
  const { known, changes } = decide(nothingKnown, [started, part]);
  t.strictSame(known, { ...of(['acme.com']), snapshot: 1 });
  t.match(changes, [
    { facet: 'identity', user: 'u1', sequence: 2, restated: true, linkDomains: ['acme.com'] },
    { facet: 'identity', user: 'u2', sequence: 2, restated: true, active: false },
  ]);
});

t.test('who was refused before a snapshot and is not in it is not tried again', async (t) => {
  const story = [
    created({ id: 'lost' }),
    event({ type: 'snapshot.started', data: { provisioning: null, reason: 'a new epoch', rebuild: true } }),
    event({ type: 'snapshot.users', data: { users: [{ ...anna, id: 'twin' }] } }),
    event({ type: 'snapshot.finished', data: { users: 1, groups: 0 } }),
  ];
  const { sent } = play(story, (user, sequence) => user === 'lost' || sequence < 4);
  t.strictSame(sent, ['identity lost 1', 'identity twin 3', 'identity twin 4']);
});

t.test('a snapshot that would archive most people is not believed', async (t) => {
  t.strictSame(
    [
      [20, 0],
      [21, 0],
      [21, 20],
      [50, 50],
      [51, 50],
    ].map(([unnamed, named]) => wouldArchiveMost(unnamed!, named!)),
    [false, true, true, false, true],
  );
});
