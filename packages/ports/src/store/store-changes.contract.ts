import { startOf } from '@claras/contracts/sequence';
import type { Runtime } from '../runtime.ts';
import { type Change, type Scope, ScopeEnded, type Store } from './store.ts';
import { acme, eventOf, placeOf, type StoreCase, upTo } from './store-case.contract.ts';

export function numberingCases(check: StoreCase): void {
  check('events take the next numbers, without gaps and in the order of the commits', async (t, { store, commit }) => {
    const before = await commit(acme, { put: { a: 1 } });
    t.match(before, { ok: true, sequence: 0 });
    const results = await Promise.all(upTo(25).map((n) => commit(acme, { events: upTo(1 + (n % 3)).map(eventOf) })));
    const taken = results.flatMap((result, n) => (result.ok ? upTo(1 + ((n + 1) % 3)).map((k) => result.sequence - k + 1) : []));
    const total = taken.length;
    t.strictSame(
      taken.sort((a, b) => a - b),
      upTo(total),
    );
    t.match(await commit(acme, { put: { a: 2 } }), { ok: true, sequence: total }, 'no event, no number');
    t.equal((await store.range(acme, 'none', { limit: 0 })).sequence, total);
  });

  check('versions of a scope grow with its commits', async (t, { commit }) => {
    let last = 0;
    for (const n of upTo(10)) {
      const result = await commit(acme, { put: { [`key-${n % 3}`]: n } });
      if (!result.ok || result.version <= last) t.fail(`version ${JSON.stringify(result)} behind ${last}`);
      else last = result.version;
    }
  });
}

export function epochCases(check: StoreCase): void {
  check('a new epoch raises the numbers of every scope, and a second one again; what was numbered stays', async (t, { store, commit }) => {
    await commit(acme, { events: [eventOf(1), eventOf(2)] });
    t.strictSame(
      await store.epochs(),
      upTo(store.cells).map(() => 0),
    );
    for (const epoch of [1, 2]) {
      await store.raiseEpoch();
      t.strictSame(
        await store.epochs(),
        upTo(store.cells).map(() => epoch),
      );
      t.equal((await store.range(acme, 'none', { limit: 0 })).sequence, startOf(epoch), 'whoever reads sees it at once');
      t.match(await commit(acme, { events: [eventOf(3), eventOf(4)] }), { ok: true, sequence: startOf(epoch) + 2 });
      t.match(await commit(acme, { events: [eventOf(5)] }), { ok: true, sequence: startOf(epoch) + 3 });
      t.match(await commit('edge/other', { events: [eventOf(1)] }), { ok: true, sequence: startOf(epoch) + 1 });
      t.equal((await store.range(acme, 'none', { limit: 0 })).sequence, startOf(epoch) + 3);
    }
  });

  check('numbers stay exact in the hundred and twenty-third epoch, and a change is remembered with them', async (t, { store, commit }) => {
    for (const _ of upTo(123)) await store.raiseEpoch();
    const once: Change = { id: 'once', time: 1, events: upTo(3).map(eventOf) };
    const first = await store.commit(acme, once);
    t.match(first, { ok: true, sequence: startOf(123) + 3 });
    t.match(await commit(acme, { events: [eventOf(4)] }), { ok: true, sequence: startOf(123) + 4 });
    t.strictSame(await store.commit(acme, once), first);
  });
}

export function repetitionCases(check: StoreCase, runtime: Runtime): void {
  const change = (): Change => ({
    id: runtime.id(),
    time: 1,
    expect: { a: 0 },
    put: { a: 1 },
    index: { i: { add: ['x'] } },
    events: [eventOf(1)],
  });

  check('the same change twice is answered with the first result and made once', async (t, { store, commit, entry }) => {
    const once = change();
    const first = await store.commit(acme, once);
    await commit(acme, { put: { a: 2 }, events: [eventOf(2)], index: { i: { remove: ['x'] } } });
    t.ok(first.ok);
    t.strictSame(await store.commit(acme, once), first);
    t.equal((await entry(acme, 'a'))?.[0], 2);
    t.match(await store.range(acme, 'i', { limit: 1 }), { total: 0, sequence: 2 });
  });

  check('also when it comes twice at once', async (t, { store }) => {
    const once = change();
    const answers = await Promise.all(upTo(10).map(() => store.commit(acme, once)));
    t.match(answers[0], { ok: true, sequence: 1 });
    for (const answer of answers) t.strictSame(answer, answers[0]);
    t.equal((await store.range(acme, 'i', { limit: 0 })).sequence, 1);
  });

  check('the last thousand changes are remembered', async (t, { store, commit }) => {
    const once = change();
    const first = await store.commit(acme, once);
    for (const n of upTo(5)) await Promise.all(upTo(199).map((k) => commit(acme, { put: { [`k${k}`]: n } })));
    t.strictSame(await store.commit(acme, once), first);
  });

  check('a change that conflicted can be made later under the same id', async (t, { store, commit }) => {
    await commit(acme, { put: { a: 0 } });
    const once = change();
    t.notOk((await store.commit(acme, once)).ok);
    await commit(acme, { remove: ['a'] });
    t.ok((await store.commit(acme, once)).ok);
  });
}

export function isolationCases(check: StoreCase): void {
  check('tenants and services see nothing of one another', async (t, { store, commit, entry, members }) => {
    const scopes: Scope[] = ['edge/acme', 'edge/globex', 'edge/', 'archiver/acme', 'edge/acme2', 'archiver/'];
    const id = 'one id for all';
    for (const [n, scope] of scopes.entries())
      t.match(await commit(scope, { id, expect: { k: 0 }, put: { k: n }, index: { i: { add: [`m${n}`] } } }), { ok: true }, scope);
    for (const [n, scope] of scopes.entries()) {
      t.equal((await entry(scope, 'k'))?.[0], n);
      t.strictSame(await members(scope, 'i'), [`m${n}`]);
    }
    await commit('edge/acme', { remove: ['k'], drop: ['i'], events: [eventOf(1)] });
    for (const [n, scope] of scopes.entries()) {
      if (n > 0) t.equal((await entry(scope, 'k'))?.[0], n);
      t.match(await store.range(scope, 'i', { limit: 1 }), n > 0 ? { total: 1, sequence: 0 } : { total: 0, sequence: 1 });
    }
  });
}

export function durabilityCases(check: StoreCase, runtime: Runtime, reopen: () => Promise<Store>, knowsChangesAgain: boolean): void {
  check('everything is there after closing and opening again', async (t, place) => {
    const once: Change = {
      id: runtime.id(),
      time: 1,
      put: { a: { n: 1 } },
      index: { i: { add: ['x', 'y'] } },
      events: [eventOf(1), eventOf(2)],
    };
    const first = await place.store.commit(acme, once);
    await place.commit(acme, { index: { dropped: { add: ['x'] } } });
    await place.commit(acme, { drop: ['dropped'] });
    await place.store.close();
    place.store = await reopen();
    const again = placeOf(place.store, runtime);
    t.ok(first.ok);
    t.strictSame(await again.entry(acme, 'a'), [{ n: 1 }, first.ok && first.version]);
    t.strictSame(await again.store.range(acme, 'i', { limit: 9 }), { members: ['x', 'y'], total: 2, sequence: 2 });
    t.strictSame(await again.members(acme, 'dropped'), []);
    if (knowsChangesAgain) t.strictSame(await again.store.commit(acme, once), first, 'and the change is remembered');
    const next = await again.commit(acme, { put: { b: 1 }, events: [eventOf(3)] });
    t.match(next, { ok: true, sequence: 3 });
    t.ok(next.ok && first.ok && next.version > first.version);
    await again.commit('edge/ended', { put: { a: 1 } });
    await again.commit('edge/ended', { end: true });
    await again.store.raiseEpoch();
    await again.store.close();
    place.store = await reopen();
    t.match(await placeOf(place.store, runtime).commit(acme, { events: [eventOf(4)] }), { ok: true, sequence: startOf(1) + 1 });
    await t.rejects(placeOf(place.store, runtime).commit('edge/ended', { put: { a: 2 } }), new ScopeEnded(), 'what has ended stays so');
    t.equal(await place.store.sweep('edge/ended'), true);
    t.equal(await placeOf(place.store, runtime).entry('edge/ended', 'a'), undefined);
  });
}
