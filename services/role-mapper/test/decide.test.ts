import { deepStrictEqual } from 'node:assert/strict';
import type { RoleChange } from '@claras/contracts/core-app';
import type { DirectoryEvent, DirectoryFact } from '@claras/contracts/events';
import type { Role } from '@claras/domain/role';
import { roleByMapping } from '@claras/domain/role-mapping';
import fc from 'fast-check';
import t from 'tap';
import { decide, decidePage, groupOf, isWide, type Projection } from '../src/decide.ts';
import { cleared, group, groupGone, history, mapping, members, rename, someHistory, user, userGone, withSnapshot } from './histories.ts';

const nothing: Projection = { mapping: {}, members: new Map(), groups: new Map(), restating: false };

const change = (sequence: number, user: string, role: Role): RoleChange =>
  role === 'owner' ? { facet: 'role', user, sequence, role } : { facet: 'role', user, sequence, role, unlessCurrentRole: 'owner' };

interface Division {
  events: number;
  users: number;
}
/** Plays a history as the consumer does: narrow events in batches of at most `events`, wide ones in pages of `users`. */
function play(events: readonly DirectoryEvent[], division: Division = { events: 1, users: 100 }, before = nothing) {
  let projection = before;
  const changes: RoleChange[] = [];
  const apply = (decision: { after: Projection; changes: RoleChange[] }): void => {
    projection = decision.after;
    changes.push(...decision.changes);
  };
  let batch: DirectoryEvent[] = [];
  const flush = (): void => {
    if (batch.length > 0) apply(decide(projection, batch));
    batch = [];
  };
  for (const event of events) {
    if (isWide(event) && (event.type !== 'snapshot.started' || event.data.rebuild)) {
      flush();
      const about = groupOf(event);
      const users = [...projection.members]
        .flatMap(([id, { groups }]) => (about === undefined || groups.includes(about) ? [id] : []))
        .sort();
      for (let n = 0; n <= users.length; n += division.users) apply(decidePage(projection, event, users.slice(n, n + division.users)));
      continue;
    }
    batch.push(event);
    if (batch.length === division.events) flush();
  }
  flush();
  return { projection, changes };
}

const changesOf = (...facts: DirectoryFact[]) => play(history(facts)).changes;
const advisers = { adviser: ['Advisers'], manager: ['Managers'], owner: ['Partners'] };

t.test('M5 a user whom no mapping matches gets no role from here, so the default stands', async (t) => {
  t.strictSame(changesOf(user('u'), group('g', 'Sales'), members('g', ['u'])), [], 'blank mapping');
  t.strictSame(changesOf(mapping(advisers), user('u'), group('g', 'Sales'), members('g', ['u'])), []);
});

t.test('M6 names match after trimming, NFKC and case folding', async (t) => {
  t.strictSame(changesOf(mapping({ manager: ['  Ｍanagers '] }), group('g', 'MANAGERS'), members('g', ['u'])), [change(3, 'u', 'manager')]);
});

t.test('M7 a user in several mapped groups gets the highest', async (t) => {
  const given = [mapping(advisers), group('a', 'Advisers'), group('m', 'Managers'), group('o', 'Partners')];
  t.strictSame(changesOf(...given, members('m', ['u']), members('a', ['u'])), [change(5, 'u', 'manager')]);
  t.strictSame(changesOf(...given, members('m', ['u']), members('o', ['u'])), [change(5, 'u', 'manager'), change(6, 'u', 'owner')]);
});

t.test('M8 a mapping that is edited afterwards re-checks everyone', async (t) => {
  const given = [group('g', 'Managers'), group('h', 'Advisers'), members('g', ['u1', 'u2']), members('h', ['u3'])];
  t.strictSame(changesOf(...given, mapping(advisers)), [
    change(5, 'u1', 'manager'),
    change(5, 'u2', 'manager'),
    change(5, 'u3', 'adviser'),
  ]);
  t.strictSame(changesOf(...given, mapping(advisers), mapping({ ...advisers, assistant: ['Advisers'], adviser: [] })).slice(3), [
    change(6, 'u3', 'assistant'),
  ]);
});

t.test('M9 leaving the last mapped group, a blanked mapping and SCIM turned off change no role', async (t) => {
  const given = [mapping(advisers), group('g', 'Managers'), members('g', ['u'])];
  const off: DirectoryFact = { type: 'provisioning.changed', data: { provisioning: null } };
  for (const fact of [members('g', [], ['u']), mapping({}), off, groupGone('g'), cleared('g'), rename('g', 'Sales')])
    t.strictSame(changesOf(...given, fact), [change(3, 'u', 'manager')], fact.type);
});

t.test('M9 who matches again is sent again', async (t) => {
  const given = [mapping(advisers), group('g', 'Managers'), members('g', ['u']), members('g', [], ['u']), members('g', ['u'])];
  t.strictSame(changesOf(...given), [change(3, 'u', 'manager'), change(5, 'u', 'manager')]);
});

t.test('M10 every change but the one to owner states that an owner is left alone', async (t) => {
  const given = [mapping(advisers), group('m', 'Managers'), group('o', 'Partners'), members('m', ['u']), members('o', ['u'])];
  t.strictSame(changesOf(...given, members('o', [], ['u'])), [
    change(4, 'u', 'manager'),
    change(5, 'u', 'owner'),
    change(6, 'u', 'manager'),
  ]);
});

t.test('M12 group renamed, deleted, emptied: the role follows', async (t) => {
  const given = [mapping(advisers), group('a', 'Advisers'), group('m', 'Sales'), members('a', ['u']), members('m', ['u'])];
  t.strictSame(changesOf(...given, rename('m', 'Managers')), [change(4, 'u', 'adviser'), change(6, 'u', 'manager')]);
  for (const fact of [groupGone('m'), cleared('m'), members('m', [], ['u']), rename('m', 'Sales again')])
    t.strictSame(changesOf(...given, rename('m', 'Managers'), fact).at(-1), change(7, 'u', 'adviser'), fact.type);
});

t.test('M12 user after group, group after user, mapping last: one role in each order', async (t) => {
  const facts = [user('u'), group('g', 'Managers'), mapping(advisers)];
  for (const [a, b, c] of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ] as const) {
    const order = [facts[a]!, facts[b]!, facts[c]!, members('g', ['u'])];
    t.strictSame(changesOf(...order), [change(4, 'u', 'manager')], `${order.map(({ type }) => type)}`);
  }
});

t.test('M23 a deleted user leaves every group', async (t) => {
  const { projection } = play(history([mapping(advisers), group('g', 'Managers'), members('g', ['u', 'v']), userGone('u')]));
  t.strictSame([...projection.members.keys()], ['v']);
});

const comparable = ({ projection, changes }: ReturnType<typeof play>) => ({
  mapping: projection.mapping,
  members: [...projection.members].map(([id, { groups, role }]) => [id, [...groups].sort(), role]).sort(),
  groups: [...projection.groups].sort(),
  changes,
});

t.test('M12 one history, cut at any places, gives one result', async () => {
  const division = fc.record({ events: fc.integer({ min: 1, max: 50 }), users: fc.integer({ min: 1, max: 3 }) });
  fc.assert(
    fc.property(someHistory, division, (events, cut) => {
      deepStrictEqual(comparable(play(events, cut)), comparable(play(events)));
    }),
    { numRuns: 200 },
  );
});

t.test('M7 M9 M10 M12 after any history, who matches has that role or is an owner, and no owner was lowered', async () => {
  fc.assert(
    fc.property(someHistory, (events) => {
      const { projection, changes } = play(events);
      const roles = new Map<string, Role>();
      for (const { user, role, unlessCurrentRole } of changes)
        if (roles.get(user) !== unlessCurrentRole || !unlessCurrentRole) roles.set(user, role);
      for (const [id, { groups }] of projection.members) {
        const wanted = roleByMapping(
          projection.mapping,
          groups.flatMap((g) => projection.groups.get(g) ?? []),
        );
        const has = roles.get(id);
        if (wanted !== undefined && has !== wanted && has !== 'owner') throw new Error(`${id} is ${has}, not ${wanted}`);
      }
    }),
    { numRuns: 200 },
  );
});

/** Without what a directory never says: anything of a group that was deleted. */
function factsOf(events: readonly DirectoryEvent[]): DirectoryFact[] {
  const gone = new Set<string>();
  return events.flatMap(({ type, data }) => {
    const about =
      type === 'group.updated'
        ? data.group.id
        : type === 'group.deleted'
          ? data.id
          : type.startsWith('group.members')
            ? (data as { group: string }).group
            : '';
    if (gone.has(about)) return [];
    if (type === 'group.deleted') gone.add(about);
    return [{ type, data } as DirectoryFact];
  });
}
const somewhere = fc.record({
  at: fc.nat({ max: 40 }),
  pace: fc.nat({ max: 4 }),
  events: fc.integer({ min: 1, max: 9 }),
  users: fc.integer({ min: 1, max: 3 }),
});
/** The last role that was sent to each user. */
const lastRoles = (changes: readonly RoleChange[]) => Object.fromEntries(changes.map(({ user, role }) => [user, role]));

t.test('a snapshot anywhere changes nothing for a reader that missed nothing, but says every role once more', async () => {
  fc.assert(
    fc.property(someHistory, somewhere, (events, { at, pace, ...cut }) => {
      const facts = factsOf(events);
      const without = comparable(play(history(facts)));
      const told = comparable(play(history(withSnapshot(facts, at, pace, false)), cut));
      deepStrictEqual({ ...told, changes: [] }, { ...without, changes: [] });
      deepStrictEqual(lastRoles(told.changes), lastRoles(without.changes));
    }),
    { numRuns: 200 },
  );
});

t.test('a reader that lost all or anything knows the whole again after a snapshot, whatever happens meanwhile', async () => {
  const lost = fc.record({ of: someHistory, upTo: fc.nat({ max: 30 }) });
  fc.assert(
    fc.property(someHistory, somewhere, lost, (events, { at, pace, ...cut }, { of, upTo }) => {
      const facts = factsOf(events);
      const { members: whole, groups, mapping: rules } = play(history(facts)).projection;
      const before = play(of.slice(0, upTo)).projection;
      const told = history(withSnapshot(facts, at, pace, true));
      const { projection } = play(told.slice(told.findIndex(({ type }) => type === 'snapshot.started')), cut, before);
      deepStrictEqual(projection.restating, false);
      deepStrictEqual(projection.mapping, rules);
      const membersOf = (members: Projection['members']) => [...members].map(([id, is]) => [id, [...is.groups].sort(), is.role]).sort();
      deepStrictEqual(membersOf(projection.members), membersOf(whole));
      for (const [id, name] of groups)
        if ([...whole.values()].some((member) => member.groups.includes(id))) deepStrictEqual(projection.groups.get(id), name);
    }),
    { numRuns: 300 },
  );
});

t.test(
  'M10 while groups are restated no role is given, least of all a lower one; in the end each is said, as news where it is news',
  async (t) => {
    const facts = [
      mapping(advisers),
      group('o', 'Partners'),
      group('a', 'Advisers'),
      members('o', ['u', 'w']),
      members('a', ['u', 'v', 'w']),
    ];
    const given = play(history(facts)).projection;
    const during = [members('a', ['x']), members('o', [], ['w'])];
    const told = history(withSnapshot([...facts, ...during], facts.length, 1, true)).slice(facts.length);
    const { changes } = play(told, { events: 1, users: 100 }, given);
    const end = told.at(-1)!.sequence;
    const sorted = changes.toSorted((one, other) => one.user.localeCompare(other.user));
    t.strictSame(sorted, [
      { ...change(end, 'u', 'owner'), restated: true },
      { ...change(end, 'v', 'adviser'), restated: true },
      change(end, 'w', 'adviser'),
      change(end, 'x', 'adviser'),
    ]);
  },
);
