import fc from 'fast-check';
import t from 'tap';
import { expectSeats, expectTeam, type Mapping, teamAfter } from '../src/expect-team.ts';
import { cycleNames, historyOf } from '../src/history.ts';
import type { Intent } from '../src/intent.ts';
import { groupNames } from '../src/names.ts';
import { seededRandom } from '../src/seeded-random.ts';

const [owners, managers, assistants] = groupNames as [string, string, string, string];
const mapping: Mapping = { owner: [owners], manager: [`  ${managers.toUpperCase()} `], assistant: [assistants] };

const user = (name: string, id = name): Intent => ({
  kind: 'provision-user',
  person: { objectId: id, attributes: { userName: name }, active: true },
});
const group = (name: string): Intent => ({ kind: 'provision-group', group: { objectId: name, displayName: name, members: new Set() } });
const join = (person: string, name: string): Intent => ({ kind: 'change-members', group: name, add: [person], remove: [] });
const leave = (person: string, name: string): Intent => ({ kind: 'change-members', group: name, add: [], remove: [person] });
const groups = [owners, managers, assistants].map(group);
const roleAfter = (...steps: (Intent | Mapping)[]) => teamAfter([...groups, user('ann'), ...steps]).map(({ role }) => role);

t.test('the model follows the help page', async (t) => {
  t.strictSame(roleAfter(), ['adviser'], 'a new profile is an adviser');
  t.strictSame(roleAfter(mapping, join('ann', assistants)), ['assistant']);
  t.strictSame(roleAfter(mapping, join('ann', assistants), join('ann', managers)), ['manager'], 'the highest wins');
  t.strictSame(roleAfter(join('ann', managers), mapping), ['manager'], 'a mapping saved later is re-checked');
  t.strictSame(roleAfter(mapping, join('ann', managers), leave('ann', managers)), ['manager'], 'no match keeps the role');
  t.strictSame(roleAfter(mapping, join('ann', assistants), {}), ['assistant'], 'a blanked mapping keeps the role');
  t.strictSame(roleAfter(mapping, join('ann', owners), leave('ann', owners), join('ann', assistants)), ['owner'], 'no owner is lowered');
  const renamed: Intent = { kind: 'rename-group', group: assistants, displayName: managers.toLowerCase() };
  t.strictSame(roleAfter(mapping, join('ann', assistants), renamed), ['manager'], 'a renamed group counts by its new name');
  const deleted: Intent = { kind: 'delete-user', person: 'ann' };
  t.strictSame(teamAfter([...groups, mapping, user('ann'), join('ann', managers), deleted]), [
    { userName: 'ann', role: 'manager', status: 'archived' },
  ]);
  t.strictSame(teamAfter([...groups, mapping, user('ann'), join('ann', managers), deleted, user('ann', 'ann again')]), [
    { userName: 'ann', role: 'manager', status: 'active' },
  ]);
});

t.test('a team after cycles has every role, and seats are its active profiles', async (t) => {
  const founding = { seed: 5, users: 200, groups: 8 };
  const team = expectTeam(founding, [mapping, ...cycleNames]);
  t.strictSame(new Set(team.map(({ role }) => role)), new Set(['owner', 'manager', 'adviser', 'assistant']));
  const company = historyOf(founding, cycleNames).at(-1)!.after;
  t.equal(expectSeats(team), [...company.people.values()].filter((person) => person.active).length);
  t.ok(expectSeats(team) < team.length);
});

t.test('the expectation does not depend on the order in which the requests of a phase arrive', async (t) => {
  const byName = (steps: (Intent | Mapping)[]) =>
    teamAfter(steps).sort((left, right) => (left.userName < right.userName ? -1 : Number(left.userName > right.userName)));
  fc.assert(
    fc.property(fc.nat(1e6), fc.integer({ min: 2, max: 60 }), fc.integer({ min: 1, max: 9 }), (seed, users, groups) => {
      const random = seededRandom(`order ${seed}`);
      const phases = historyOf({ seed, users, groups }, [...cycleNames, 'delta', 'leave']).flatMap((chapter) => chapter.phases);
      const inOrder = byName([mapping, ...phases.flatMap(({ intents }) => intents)]);
      const shuffled = byName([mapping, ...phases.flatMap(({ intents }) => random.some(intents, intents.length))]);
      t.strictSame(shuffled, inOrder);
    }),
    { numRuns: 40 },
  );
});
