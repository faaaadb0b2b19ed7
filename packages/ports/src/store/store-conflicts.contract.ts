import type { CommitResult } from './store.ts';
import { acme, eventOf, type StoreCase, upTo } from './store-case.contract.ts';

const okOnes = (results: CommitResult[]) => results.filter((result) => result.ok);

export function conflictCases(check: StoreCase): void {
  check('a change is made only where every expected version is there; 0 means absent', async (t, { commit, entry }) => {
    t.ok((await commit(acme, { expect: { a: 0 }, put: { a: 1 } })).ok);
    const [, version] = (await entry(acme, 'a'))!;
    t.strictSame(await commit(acme, { expect: { a: 0 }, put: { a: 2 } }), { ok: false, conflict: 'a' });
    t.strictSame(await commit(acme, { expect: { a: version + 1 }, put: { a: 2 } }), { ok: false, conflict: 'a' });
    t.strictSame(await commit(acme, { expect: { b: 7 }, put: { a: 2 } }), { ok: false, conflict: 'b' });
    t.strictSame(await entry(acme, 'a'), [1, version]);
    t.ok((await commit(acme, { expect: { a: version }, put: { a: 2 } })).ok);
    t.equal((await entry(acme, 'a'))?.[0], 2);
  });

  check('of many that race for a name, exactly one wins', async (t, { commit, entry }) => {
    for (const round of upTo(5)) {
      const name = `userName:${round}`;
      const results = await Promise.all(upTo(20).map((n) => commit(acme, { expect: { [name]: 0 }, put: { [name]: n, [`doc:${n}`]: n } })));
      t.equal(okOnes(results).length, 1);
      t.equal((await entry(acme, name))?.[0], results.findIndex(({ ok }) => ok) + 1);
    }
  });

  check('read, change, commit, again on conflict: no update is lost', async (t, { store, commit }) => {
    await commit(acme, { put: { counter: 0 } });
    const increment = async () => {
      for (;;) {
        const [entry] = await store.read<number>(acme, ['counter']);
        const result = await commit(acme, { expect: { counter: entry!.version }, put: { counter: entry!.value + 1 } });
        if (result.ok) return;
      }
    };
    await Promise.all(upTo(30).map(increment));
    t.equal((await store.read(acme, ['counter']))[0]?.value, 30);
  });

  check('a change that conflicts leaves nothing behind: no document, no index, no event', async (t, { store, commit, entry, members }) => {
    await commit(acme, { put: { a: 1 }, index: { i: { add: ['x'] }, j: { add: ['y'] } }, events: [eventOf(1)] });
    const refused = { put: { b: 1 }, remove: ['a'], index: { i: { add: ['z'], remove: ['x'] } }, drop: ['j'], events: [eventOf(2)] };
    t.notOk((await commit(acme, { ...refused, expect: { a: 999 } })).ok);
    t.notOk((await commit(acme, { ...refused, touch: ['a', 'none'] })).ok);
    t.strictSame([(await entry(acme, 'a'))?.[0], await entry(acme, 'b')], [1, undefined]);
    t.strictSame([await members(acme, 'i'), await members(acme, 'j')], [['x'], ['y']]);
    t.equal((await store.range(acme, 'i', { limit: 0 })).sequence, 1);
  });

  check('a change that cannot be written fails alone', async (t, { commit, entry }) => {
    const answers = await Promise.allSettled([
      commit(acme, { put: { a: 1 } }),
      commit(acme, { put: { b: 10n } }),
      commit(acme, { put: { b: undefined } }),
      commit(acme, { put: { c: 1 }, events: [{ ...eventOf(1), data: 10n }] }),
      commit('nameless/acme', { put: { d: 1 }, events: [eventOf(1)] }),
      commit(acme, { put: { e: 1 }, events: [eventOf(1)] }),
    ]);
    t.strictSame(
      answers.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'rejected', 'rejected', 'fulfilled'],
    );
    t.strictSame((await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => entry(acme, key)))).map(Boolean), [
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  check(
    'touch gives a new version and time and keeps the value; what is not there cannot be touched',
    async (t, { store, commit, entry }) => {
      await commit(acme, { time: 5, put: { a: { n: 1 } } });
      const [, before] = (await entry(acme, 'a'))!;
      const result = await commit(acme, { time: 9, touch: ['a'] });
      const [after] = await store.read(acme, ['a']);
      t.same({ ...after, value: after!.value }, { value: { n: 1 }, json: '{"n":1}', version: result.ok && result.version, time: 9 });
      t.ok(after!.version > before);
      t.strictSame(await commit(acme, { touch: ['b'], put: { c: 1 } }), { ok: false, conflict: 'b' });
      t.equal(await entry(acme, 'c'), undefined);
    },
  );

  check('parallel touches do not conflict', async (t, { commit, members }) => {
    await commit(acme, { put: { group: 'g' } });
    const results = await Promise.all(upTo(30).map((n) => commit(acme, { touch: ['group'], index: { members: { add: [`user-${n}`] } } })));
    t.equal(okOnes(results).length, 30);
    t.equal((await members(acme, 'members')).length, 30);
  });
}
