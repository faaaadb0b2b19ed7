import { type Scope, ScopeEnded } from './store.ts';
import { acme, eventOf, type StoreCase, type StorePlace, upTo } from './store-case.contract.ts';

const others: Scope[] = ['edge/acme2', 'edge/acm', 'edge/', 'archiver/acme'];

/** Documents, small indexes and large ones. */
const fill = ({ commit }: Pick<StorePlace, 'commit'>, scope: Scope) =>
  commit(scope, {
    put: Object.fromEntries(upTo(1200).map((n) => [`k${n}`, n])),
    index: { large: { add: upTo(1200).map((n) => `m${n}`) }, ...Object.fromEntries(upTo(600).map((n) => [`i${n}`, { add: ['x'] }])) },
  });

export function endCases(check: StoreCase): void {
  check('a scope that has ended takes no change, and says so', async (t, { store, commit, entry }) => {
    await commit(acme, { put: { a: 1 } });
    const last = { id: 'last', time: 1, end: true, put: { kept: 1 }, events: [eventOf(1)] } as const;
    const ended = await store.commit(acme, { ...last, events: [...last.events] });
    t.match(ended, { ok: true, sequence: 1 });
    for (const change of [{ put: { a: 2 } }, { expect: { a: 7 }, put: { a: 2 } }, { touch: ['kept'] }, { events: [eventOf(2)] }])
      await t.rejects(commit(acme, change), new ScopeEnded());
    t.equal((await entry(acme, 'kept'))?.[0], 1);
    t.equal((await store.range(acme, 'i', { limit: 0 })).sequence, 1);
    t.strictSame(await store.commit(acme, { ...last, events: [...last.events] }), ended, 'what ended it is remembered');
  });

  check('of an ended scope what its last change put is left, and of others everything', async (t, place) => {
    const { store, commit, entry, members } = place;
    for (const scope of [acme, ...others]) await fill(place, scope);
    t.equal(await store.sweep(acme), false, 'a scope that goes on is not swept');
    t.equal((await members(acme, 'large')).length, 1200);
    await commit(acme, { end: true, drop: ['i1'], put: { k1: 'kept', other: 'kept, too' } });
    t.strictSame(await members(acme, 'i1'), []);
    for (let times = 0; times < 2; times++) t.equal(await store.sweep(acme), true);
    t.equal((await entry(acme, 'k1'))?.[0], 'kept');
    t.equal((await entry(acme, 'other'))?.[0], 'kept, too');
    const left = await store.read(
      acme,
      upTo(1199).map((n) => `k${n + 1}`),
    );
    t.strictSame([...new Set(left)], [undefined]);
    for (const index of ['large', ...upTo(600).map((n) => `i${n}`)])
      if ((await members(acme, index)).length > 0) t.fail(`something is left in ${index}`);
    for (const scope of others) {
      t.strictSame((await entry(scope, 'k1200'))?.[0], 1200);
      t.equal((await members(scope, 'large')).length, 1200);
      t.strictSame(await members(scope, 'i600'), ['x']);
    }
  });

  check('a scope may end again: numbers and versions go on, and only what was put then is left', async (t, { store, commit, entry }) => {
    const first = await commit(acme, { end: true, put: { a: 1, b: 1 }, events: [eventOf(1)] });
    const second = await commit(acme, { end: true, put: { a: 2 }, events: [eventOf(2)] });
    t.match(second, { ok: true, sequence: 2 });
    t.ok(first.ok && second.ok && second.version > first.version);
    await store.sweep(acme);
    t.equal((await entry(acme, 'a'))?.[0], 2);
    t.equal(await entry(acme, 'b'), undefined);
    t.equal(await store.sweep('edge/never'), false, 'of a scope of which nobody ever heard nothing is known');
  });
}
