import type { AccessChange, CoreChange, IdentityChange, RoleChange } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';
import fc from 'fast-check';
import type { Test } from 'tap';
import { type CoreApp, type Team, TeamRefusal } from './core-app.ts';

export const identity = (user: string, sequence: number, more: Partial<IdentityChange> = {}): IdentityChange => ({
  facet: 'identity',
  user,
  sequence,
  userName: `${user}@a.example`,
  email: `${user}@a.example`,
  displayName: user,
  active: true,
  linkDomains: ['a.example'],
  ...more,
});
const automatic = (role: RoleChange['role']) => (role === 'owner' ? {} : { unlessCurrentRole: 'owner' as const });
export const role = (user: string, sequence: number, wanted: RoleChange['role']): RoleChange => ({
  facet: 'role',
  user,
  sequence,
  role: wanted,
  ...automatic(wanted),
});
export const access = (user: string, sequence: number, wanted: AccessChange['access']): AccessChange => ({
  facet: 'access',
  user,
  sequence,
  access: wanted,
});
const removal = (user: string, sequence: number): CoreChange => ({ facet: 'removal', user, sequence });

/** What every core app must do, in this process or behind HTTP. `open` gives one; tenants keep the cases apart. */
export async function coreAppContract(t: Test, open: () => Promise<CoreApp & Team>): Promise<void> {
  const core = await open();
  let tenants = 0;
  const fresh = () => {
    const tenant = `tenant-${++tenants}`;
    const profiles = async () => (await core.list(tenant, { limit: 1000 })).profiles;
    const one = async () => (await profiles())[0] as Profile;
    const apply = async (...changes: CoreChange[]) => (await core.apply(tenant, changes)).map(({ outcome }) => outcome);
    return { tenant, profiles, one, apply };
  };
  const refusedAs = async (t: Test, answer: Promise<unknown>, code: TeamRefusal['code']) =>
    answer.then(
      () => t.fail('was accepted'),
      (error: unknown) => t.ok(error instanceof TeamRefusal && error.code === code, code),
    );

  await t.test('M5 a new profile is an adviser, active, and one seat', async (t) => {
    const { tenant, apply, one } = fresh();
    t.strictSame(await apply(identity('ann', 1)), ['applied']);
    t.match(await one(), { scimId: 'ann', email: 'ann@a.example', role: 'adviser', status: 'active' });
    t.equal((await core.seats(tenant)).active, 1);
  });

  await t.test('names and addresses of any length are taken, whatever Unicode makes of them, and keep nobody waiting', async (t) => {
    const { apply, profiles } = fresh();
    const [userName, email] = ['𝔵'.repeat(512), `${'ﷺ'.repeat(200)}@a.example`];
    t.strictSame(await apply(identity('ann', 1, { userName, email }), identity('ben', 2)), ['applied', 'applied']);
    t.match(
      (await profiles()).find(({ scimId }) => scimId === 'ann'),
      { userName, email },
    );
    t.strictSame(await apply(removal('ann', 3), identity('anew', 4, { userName, email })), ['applied', 'applied']);
    t.equal((await profiles()).length, 2, 'found again by its name');
  });

  await t.test(
    'the longest call there can be is taken: texts that JSON makes six times as long, and all the domains of a provider',
    async (t) => {
      const { apply } = fresh();
      const longest = '\u0001'.repeat(1024);
      const linkDomains = Array.from({ length: 100 }, (_, n) => `${n}.${'d'.repeat(240)}.example`);
      const texts = { displayName: longest, givenName: longest, familyName: longest, linkDomains };
      const userName = (n: number) => `${longest.slice(4)}${n}`;
      const changes = Array.from({ length: 500 }, (_, n) =>
        identity(`u${n}`, n + 1, { ...texts, userName: userName(n), email: `${n}@a.example` }),
      );
      t.strictSame(new Set(await apply(...changes)), new Set(['applied']));
    },
  );

  await t.test('a role or an access that comes before the identity waits for it, and is no seat', async (t) => {
    const { tenant, apply, one } = fresh();
    t.strictSame(await apply(role('ann', 2, 'manager'), access('ann', 3, 'archived')), ['applied', 'applied']);
    t.strictSame([(await core.list(tenant, { limit: 10 })).total, (await core.seats(tenant)).active], [0, 0]);
    await apply(identity('ann', 1));
    t.match(await one(), { role: 'manager', status: 'archived' });
    t.equal((await core.seats(tenant)).active, 0);
  });

  await t.test('what is not newer than its facet changes nothing; each facet has a fence of its own', async (t) => {
    const { apply, one } = fresh();
    await apply(identity('ann', 1), role('ann', 5, 'manager'));
    t.strictSame(await apply(role('ann', 5, 'assistant'), role('ann', 4, 'assistant'), access('ann', 4, 'archived')), [
      'stale',
      'stale',
      'applied',
    ]);
    t.match(await one(), { role: 'manager', status: 'archived' });
    t.strictSame(
      await apply(role('ann', 7, 'manager'), role('ann', 6, 'assistant')),
      ['unchanged', 'stale'],
      'nothing to do moves the fence, too',
    );
  });

  await t.test('M10 the automation never lowers an owner, and may raise someone to owner', async (t) => {
    const { tenant, apply, one } = fresh();
    await apply(identity('ann', 1), role('ann', 2, 'owner'));
    t.strictSame(await apply(role('ann', 3, 'assistant')), ['refused']);
    t.match(await one(), { role: 'owner' });
    const { id } = await one();
    await core.create(tenant, { email: 'boss@a.example', displayName: 'Boss', role: 'owner' });
    const [promoted] = await Promise.all([
      core.byHand(tenant, id, { command: 'change-role', role: 'owner' }),
      apply(role('ann', 4, 'adviser')),
    ]);
    t.equal(promoted.role, 'owner');
    t.match(await one(), { role: 'owner' }, 'in a race with a promotion by hand, too');
  });

  await t.test(
    'M9 M18 a profile from before SCIM is linked by e-mail in the provider’s domains, keeps its role and is one seat',
    async (t) => {
      const { tenant, apply, one, profiles } = fresh();
      await core.create(tenant, { email: 'Ann@A.example', displayName: 'Ann', role: 'manager' });
      await apply(identity('ann', 1));
      t.match(await one(), { scimId: 'ann', role: 'manager', status: 'active' });
      t.equal((await profiles()).length, 1);
      t.equal((await core.seats(tenant)).active, 1);
    },
  );

  await t.test('M18 an e-mail outside the provider’s domains, or of another user’s profile, links nobody', async (t) => {
    const { tenant, apply } = fresh();
    await core.create(tenant, { email: 'ann@other.example', displayName: 'Ann', role: 'owner' });
    t.strictSame(await apply(identity('thief', 1, { email: 'ann@other.example' })), ['refused']);
    await apply(identity('bob', 2));
    t.strictSame(await apply(identity('twin', 3, { email: 'bob@a.example' })), ['refused']);
    t.equal((await core.seats(tenant)).active, 2);
  });

  await t.test('S02 the e-mail of a linked profile does not leave the provider’s domains', async (t) => {
    const { tenant, apply, one } = fresh();
    await core.create(tenant, { email: 'ann@a.example', displayName: 'Ann', role: 'owner' });
    await apply(identity('ann', 1));
    t.strictSame(await apply(identity('ann', 2, { email: 'thief@evil.example' })), ['refused']);
    t.match(await one(), { email: 'ann@a.example' });
  });

  await t.test('userNames are one where the directory takes them for one, and no sooner', async (t) => {
    const { apply, profiles } = fresh();
    const named = (user: string, sequence: number, userName: string) => identity(user, sequence, { userName });
    t.strictSame(await apply(named('ann', 1, 'straße@a.example'), named('other', 2, 'STRASSE@a.example')), ['applied', 'applied']);
    t.strictSame(await apply(removal('ann', 3), named('again', 4, ' ＳＴＲＡßE@a.example. ')), ['applied', 'applied']);
    t.equal((await profiles()).length, 2);
  });

  await t.test('M20 names, e-mail and userName reach the profile', async (t) => {
    const { apply, one } = fresh();
    await apply(identity('ann', 1));
    t.strictSame(
      await apply(identity('ann', 2, { userName: 'anna@a.example', email: 'anna@a.example', displayName: 'Anna', givenName: 'Anna' })),
      ['applied'],
    );
    t.match(await one(), { userName: 'anna@a.example', email: 'anna@a.example', displayName: 'Anna', givenName: 'Anna' });
    t.strictSame(await apply(identity('new', 3, { email: 'ann@a.example' })), ['applied'], 'the old address is free');
  });

  await t.test(
    'M23 a deleted user’s profile is archived; made again under the same userName it is linked and restored with its role',
    async (t) => {
      const { tenant, apply, one, profiles } = fresh();
      await apply(identity('ann', 1), role('ann', 2, 'manager'), removal('ann', 3));
      t.match(await one(), { status: 'archived' });
      t.equal((await core.seats(tenant)).active, 0);
      t.strictSame(
        await apply(access('ann', 3, 'archived'), role('ann', 4, 'owner')),
        ['stale', 'stale'],
        'an id that is no longer linked',
      );
      await apply(identity('ann-2', 5, { userName: 'ANN@a.example', email: 'ann@a.example' }));
      t.match(await profiles(), [{ scimId: 'ann-2', role: 'manager', status: 'active' }]);
      t.equal((await profiles()).length, 1);
      t.equal((await core.seats(tenant)).active, 1);
    },
  );

  await t.test(
    'a role from before a user was deleted counts for its profile, however late it comes; one from after does not',
    async (t) => {
      for (const late of ['before the user is back', 'after'] as const) {
        const { apply, profiles } = fresh();
        await apply(identity('ann', 1), removal('ann', 4));
        const back = identity('ann-2', 5, { userName: 'ann@a.example', email: 'ann@a.example' });
        if (late === 'after') await apply(back);
        t.strictSame(await apply(role('ann', 3, 'manager'), role('ann', 2, 'assistant'), role('ann', 6, 'owner')), [
          'applied',
          'stale',
          'stale',
        ]);
        if (late !== 'after') await apply(back);
        t.match(await profiles(), [{ scimId: 'ann-2', role: 'manager' }], late);
        await apply(role('ann-2', 7, 'assistant'));
        t.strictSame(await apply(role('ann', 3, 'owner')), ['stale']);
        t.match(await profiles(), [{ scimId: 'ann-2', role: 'assistant' }]);
      }
    },
  );

  await t.test('M10 a role that waits for its identity does not take the place of an owner that waits', async (t) => {
    const { apply, one } = fresh();
    t.strictSame(await apply(role('ann', 2, 'owner'), role('ann', 3, 'adviser'), role('ann', 2, 'manager')), [
      'applied',
      'refused',
      'stale',
    ]);
    await apply(identity('ann', 1));
    t.match(await one(), { role: 'owner' });
    t.strictSame(await apply(role('ann', 3, 'manager')), ['stale'], 'the fence moved on');
  });

  await t.test('M21 an archive ends sign-in and every session for good, restored or not', async (t) => {
    const { tenant, apply } = fresh();
    await apply(identity('ann', 1));
    const before = (await core.signIn(tenant, 'ann@a.example')) as string;
    t.match(await core.session(tenant, before), { scimId: 'ann' });
    await apply(access('ann', 2, 'archived'));
    t.equal(await core.session(tenant, before), undefined);
    t.equal(await core.signIn(tenant, 'ann@a.example'), undefined);
    await apply(access('ann', 3, 'active'));
    t.equal(await core.session(tenant, before), undefined, 'a session from before the archive');
    t.ok(await core.signIn(tenant, 'ann@a.example'));
    t.equal(await core.session('another', before), undefined);
  });

  await t.test('signing out ends that session, and no other', async (t) => {
    const { tenant, apply } = fresh();
    await apply(identity('ann', 1));
    const [one, two] = await Promise.all([0, 1].map(async () => (await core.signIn(tenant, 'ann@a.example')) as string));
    await core.signOut('another', one!);
    t.match(await core.session(tenant, one!), { scimId: 'ann' });
    await core.signOut(tenant, one!);
    await core.signOut(tenant, one!);
    t.equal(await core.session(tenant, one!), undefined);
    t.match(await core.session(tenant, two!), { scimId: 'ann' });
  });

  await t.test('M11 the last active owner cannot be demoted or archived by hand, not even two at once', async (t) => {
    const { tenant } = fresh();
    const owners = await Promise.all(
      ['a', 'b'].map((n) => core.create(tenant, { email: `${n}@a.example`, displayName: n, role: 'owner' })),
    );
    const results = await Promise.allSettled(owners.map(({ id }) => core.byHand(tenant, id, { command: 'change-role', role: 'adviser' })));
    t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    const last = (await core.list(tenant, { limit: 10 })).profiles.find(({ role }) => role === 'owner') as Profile;
    await refusedAs(t, core.byHand(tenant, last.id, { command: 'archive' }), 'last-owner');
    await refusedAs(t, core.byHand(tenant, 'nobody', { command: 'archive' }), 'not-found');
    await refusedAs(t, core.create(tenant, { email: 'A@a.example', displayName: 'x', role: 'adviser' }), 'email-taken');
  });

  await t.test('who has a role that the command excepts is not restored', async (t) => {
    const { tenant } = fresh();
    const [ann] = await Promise.all(['a', 'b'].map((n) => core.create(tenant, { email: `${n}@a.example`, displayName: n, role: 'owner' })));
    await core.byHand(tenant, ann!.id, { command: 'archive' });
    await refusedAs(t, core.byHand(tenant, ann!.id, { command: 'restore', unlessCurrentRole: 'owner' }), 'current-role');
    await core.byHand(tenant, ann!.id, { command: 'change-role', role: 'manager' });
    t.match(await core.byHand(tenant, ann!.id, { command: 'restore', unlessCurrentRole: 'owner' }), { status: 'active' });
  });

  await t.test('a change by hand stands until the next event about that facet', async (t) => {
    const { tenant, apply, one } = fresh();
    await apply(identity('ann', 1), access('ann', 2, 'archived'));
    await core.byHand(tenant, (await one()).id, { command: 'restore' });
    await apply(identity('ann', 3, { displayName: 'Ann B', active: false }));
    t.match(await one(), { displayName: 'Ann B', status: 'active' });
    await apply(access('ann', 4, 'archived'));
    t.match(await one(), { status: 'archived' });
  });

  await t.test('what a snapshot restates leaves a change by hand alone, and sets right everything else', async (t) => {
    const { tenant, apply, one } = fresh();
    await apply(identity('ann', 1), role('ann', 2, 'manager'));
    const { id } = await one();
    await core.byHand(tenant, id, { command: 'change-role', role: 'assistant' });
    await core.byHand(tenant, id, { command: 'archive' });
    t.strictSame((await core.list(tenant, { limit: 10 })).byHand, { [id]: { role: true, access: true } }, 'and it is told which they are');
    const restated = { restated: true } as const;
    const outcomes = await core.apply(tenant, [
      { ...role('ann', 5, 'manager'), ...restated },
      { ...access('ann', 5, 'active'), ...restated },
      { ...identity('ann', 5, { displayName: 'Ann B' }), ...restated },
    ]);
    t.match(outcomes, [{ outcome: 'unchanged', reason: 'set by hand' }, { outcome: 'unchanged' }, { outcome: 'applied' }]);
    t.match(await one(), { role: 'assistant', status: 'archived', displayName: 'Ann B' });
    t.strictSame(await apply(role('ann', 5, 'manager')), ['stale'], 'the fence moved on');
    t.strictSame(await apply(role('ann', 6, 'manager'), access('ann', 7, 'active')), ['applied', 'applied'], 'an event counts again');
    t.notOk('byHand' in (await core.list(tenant, { limit: 10 })), 'and nothing is by hand');
    await core.byHand(tenant, id, { command: 'archive' });
    await apply(access('ann', 8, 'archived'));
    t.strictSame(
      (await core.apply(tenant, [{ ...access('ann', 9, 'active'), ...restated }])).map(({ outcome }) => outcome),
      ['applied'],
      'what an event said after the hand is no change by hand',
    );
  });

  await t.test('a user that is deleted and made again has an access that no hand set', async (t) => {
    const { tenant, apply, one } = fresh();
    await apply(identity('ann', 1), access('ann', 2, 'archived'));
    await core.byHand(tenant, (await one()).id, { command: 'restore' });
    await apply(removal('ann', 3), identity('ann-2', 4, { userName: 'ann@a.example', email: 'ann@a.example' }));
    t.match(await one(), { scimId: 'ann-2', status: 'active' });
    await core.apply(tenant, [{ ...access('ann-2', 5, 'archived'), restated: true }]);
    t.match(await one(), { status: 'archived' });
    await core.byHand(tenant, (await one()).id, { command: 'change-role', role: 'manager' });
    await apply(
      removal('ann-2', 6),
      role('ann-3', 8, 'adviser'),
      identity('ann-3', 7, { userName: 'ann@a.example', email: 'ann@a.example' }),
    );
    t.match(await one(), { scimId: 'ann-3', role: 'adviser' });
    await core.apply(tenant, [{ ...role('ann-3', 9, 'assistant'), restated: true }]);
    t.match(await one(), { role: 'assistant' });
  });

  await t.test('a user that a snapshot names after it was deleted is there again, with its profile; a late removal is stale', async (t) => {
    for (const first of ['identity', 'role'] as const) {
      const { tenant, apply, one, profiles } = fresh();
      await core.create(tenant, { email: 'ann@a.example', displayName: 'Ann', role: 'adviser' });
      await apply(identity('ann', 1), role('ann', 2, 'manager'), removal('ann', 3));
      const changes: CoreChange[] = [
        { ...identity('ann', 10, { userName: 'ann.before@a.example' }), restated: true },
        { ...role('ann', 12, 'assistant'), restated: true },
        { ...access('ann', 11, 'active'), restated: true },
      ];
      if (first === 'role') changes.reverse();
      for (const change of changes) await core.apply(tenant, [change]);
      t.match(await one(), { scimId: 'ann', userName: 'ann.before@a.example', role: 'assistant', status: 'active' }, first);
      t.equal((await profiles()).length, 1);
      t.strictSame(await apply(removal('ann', 4)), ['stale']);
      t.strictSame(await apply(access('ann', 13, 'archived'), removal('ann', 14)), ['applied', 'applied']);
      t.match(await one(), { status: 'archived' });
    }
  });

  await t.test(
    'M23 a userName that another user’s profile has links nobody until it is given up, by a removal or a new name',
    async (t) => {
      for (const gone of [removal('ann', 4), identity('ann', 4, { userName: 'ann.old@a.example' })]) {
        const { apply, profiles } = fresh();
        await apply(identity('ann', 1), role('ann', 2, 'manager'));
        const next = (sequence: number) => identity('next', sequence, { userName: 'ANN@a.example', email: 'other@a.example' });
        t.strictSame(await apply(next(3), gone, next(4)), ['refused', 'applied', 'applied']);
        const team = (await profiles()).map(({ scimId, userName, role: is }) => `${scimId} ${userName} ${is}`).sort();
        if (gone.facet === 'removal') t.strictSame(team, ['next ANN@a.example manager'], 'it is the same person');
        else t.strictSame(team, ['ann ann.old@a.example manager', 'next ANN@a.example adviser']);
        t.strictSame(await apply(identity('third', 5), identity('third', 6, { userName: 'ann@a.example' })), ['applied', 'refused']);
      }
    },
  );

  await t.test('M23 a userName stays with whom it came to, whatever name its earlier holder has when it comes back', async (t) => {
    const { tenant, apply, profiles } = fresh();
    await core.create(tenant, { email: 'ann@a.example', displayName: 'Ann', role: 'adviser' });
    await apply(identity('ann', 1), removal('ann', 2));
    await apply(identity('next', 3, { userName: 'ann@a.example', email: 'next@a.example' }));
    const names = async () => (await profiles()).map(({ scimId, userName }) => `${scimId} ${userName}`).sort();
    t.strictSame(await names(), ['next ann@a.example'], 'the same person by the name');
    await core.create(tenant, { email: 'old@a.example', displayName: 'Old', role: 'adviser' });
    await apply(identity('old', 4, { userName: 'old@a.example' }), removal('old', 5));
    await apply(identity('heir', 6, { userName: 'old@a.example', email: 'heir@a.example' }), removal('heir', 7));
    t.strictSame(await apply(identity('again', 8, { userName: 'other@a.example', email: 'heir@a.example' })), ['applied']);
    t.strictSame(await apply(identity('thief', 9, { userName: 'other@a.example', email: 'x@a.example' })), ['refused']);
    t.strictSame(
      await apply(identity('fresh', 10, { userName: 'old@a.example', email: 'y@a.example' })),
      ['applied'],
      'nobody has it any more',
    );
  });

  await t.test('an identity that was refused says so again when it comes again, with its reason; a later one is judged anew', async (t) => {
    const { tenant, apply } = fresh();
    await apply(identity('bob', 1), identity('ann', 2));
    const [new_, known] = [identity('twin', 3, { email: 'bob@a.example' }), identity('ann', 4, { email: 'bob@a.example' })];
    const first = await core.apply(tenant, [new_, known]);
    t.match(first, [
      { outcome: 'refused', reason: String },
      { outcome: 'refused', reason: String },
    ]);
    t.strictSame(await core.apply(tenant, [new_, known]), first, 'its answer may have been lost');
    await apply({ ...new_, sequence: 5 }, { ...known, sequence: 5 });
    t.strictSame(await core.apply(tenant, [new_, known]), first, 'also when it was tried again meanwhile');
    await apply(identity('bob', 6, { email: 'robert@a.example' }));
    t.strictSame(await core.apply(tenant, [new_, known]), first);
    t.strictSame(await apply(identity('twin', 7, { email: 'bob@a.example' }), identity('ann', 7)), ['applied', 'unchanged']);
    t.strictSame(await apply(identity('twin', 7, { email: 'bob@a.example' }), known, identity('ann', 7)), ['stale', 'stale', 'stale']);
  });

  await t.test('linked users of whose identity nothing was heard since a sequence are found, page by page', async (t) => {
    const { tenant, apply } = fresh();
    await apply(...['a', 'b', 'c', 'd', 'e'].map((user, n) => identity(user, n + 1)), removal('e', 6));
    await core.create(tenant, { email: 'x@a.example', displayName: 'no user', role: 'adviser' });
    await apply({ ...identity('b', 10), restated: true });
    const found: string[] = [];
    for (let after: string | undefined; ; ) {
      const { users, next } = await core.linkedBefore(tenant, 10, { limit: 2, ...(after ? { after } : {}) });
      found.push(...users);
      if (!next) break;
      after = next;
    }
    t.strictSame(found.sort(), ['a', 'c', 'd']);
  });

  await t.test('M24 seats are the active profiles, and their version grows with each fact of the team', async (t) => {
    const { tenant, apply } = fresh();
    const users = Array.from({ length: 250 }, (_, n) => `user${n}`);
    await apply(...users.map((user, n) => identity(user, n + 1)));
    const before = await core.seats(tenant);
    await apply(...users.slice(0, 100).map((user, n) => access(user, 251 + n, 'archived')));
    const after = await core.seats(tenant);
    t.strictSame([before.active, after.active], [250, 150]);
    t.equal(after.version - before.version, 100);
    const page = await core.list(tenant, { limit: 100 });
    t.strictSame([page.profiles.length, page.total, page.version], [100, 250, after.version]);
    t.equal((await core.list(tenant, { limit: 200, after: page.next as string })).profiles.length, 150);
  });

  await t.test('of an erased tenant nobody is left, counted, made or let in again, whatever comes late', async (t) => {
    const { tenant, profiles, apply } = fresh();
    const { tenant: other, profiles: others } = fresh();
    for (const one of [tenant, other]) await core.apply(one, [identity('ann', 1), identity('bob', 2), role('cid', 3, 'manager')]);
    const { version } = await core.seats(tenant);
    const session = (await core.signIn(tenant, 'ann@a.example')) as string;
    await core.erase(tenant, 9);
    const erased = await core.seats(tenant);
    t.strictSame(erased, { active: 0, version: version + 1 }, 'which is a fact of the team');
    await core.erase(tenant, 9);
    t.strictSame(await core.seats(tenant), erased, 'told once');
    t.strictSame(await apply(identity('ann', 4), access('ann', 5, 'active'), identity('dan', 20)), ['stale', 'stale', 'stale']);
    await refusedAs(t, core.create(tenant, { email: 'eve@a.example', displayName: 'Eve', role: 'owner' }), 'not-found');
    t.equal(await core.session(tenant, session), undefined);
    t.equal(await core.signIn(tenant, 'ann@a.example'), undefined);
    t.strictSame([await profiles(), await core.seats(tenant)], [[], erased]);
    t.strictSame((await core.linkedBefore(tenant, 100, { limit: 10 })).users, []);
    await core.erase(tenant, 30);
    t.equal((await core.seats(tenant)).version, version + 2, 'with a later event it is told again');
    t.equal((await others()).length, 2, 'another tenant is as it was');
  });

  await t.test('in whatever order the facets of a history arrive, and however often, the end is the same', async (t) => {
    const history: CoreChange[] = [
      identity('ann', 1),
      role('ann', 2, 'manager'),
      access('ann', 3, 'archived'),
      identity('ann', 4, { displayName: 'Ann B', active: false }),
      role('ann', 5, 'assistant'),
      access('ann', 6, 'active'),
      identity('ann', 7, { displayName: 'Ann C' }),
    ];
    const end = async (changes: readonly CoreChange[]) => {
      const { one, apply } = fresh();
      for (const change of changes) await apply(change);
      const { id: _, ...profile } = await one();
      return profile;
    };
    const wanted = await end(history);
    const facets = ['identity', 'role', 'access'] as const;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...facets, 'again' as const), { minLength: 10, maxLength: 25 }), async (picks) => {
        const lanes = Object.fromEntries(facets.map((facet) => [facet, history.filter((change) => change.facet === facet)]));
        const arrived: CoreChange[] = [];
        for (const pick of picks) {
          const next = pick === 'again' ? arrived[arrived.length >> 1] : lanes[pick]?.shift();
          if (next) arrived.push(next);
        }
        const all = [...arrived, ...facets.flatMap((facet) => lanes[facet] as CoreChange[])];
        t.strictSame(await end(all), wanted);
      }),
      { numRuns: 30 },
    );
  });
}
