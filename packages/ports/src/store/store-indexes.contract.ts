import { acme, eventOf, type StoreCase, upTo } from './store-case.contract.ts';

export function indexCases(check: StoreCase): void {
  check('an index holds each member once, in the order of its UTF-8 bytes', async (t, { store, commit, members }) => {
    const names = ['b', 'a', 'Z', 'ä', 'é', 'zz', '', '🙂', '\uffff', '\ue000', 'a\0', 'a b', '日本', '-', '['];
    const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    await commit(acme, { index: { i: { add: [...names, 'a', 'b'] } } });
    await commit(acme, { index: { i: { add: ['a'] } } });
    t.strictSame(await members(acme, 'i'), sorted);
    t.equal((await store.range(acme, 'i', { limit: 0 })).total, names.length);
    for (const after of names)
      t.strictSame((await store.range(acme, 'i', { after, limit: 3 })).members, sorted.slice(sorted.indexOf(after) + 1).slice(0, 3), after);
  });

  check('range pages by offset and from behind a member, and always counts', async (t, { store, commit }) => {
    const all = upTo(250).map((n) => String(n).padStart(3, '0'));
    await commit(acme, { index: { i: { add: all } }, events: [eventOf(1), eventOf(2)] });
    const page = async (query: { offset?: number; after?: string; limit: number }) => {
      const { members, total, sequence } = await store.range(acme, 'i', query);
      t.strictSame([total, sequence], [250, 2]);
      return members;
    };
    t.strictSame(await page({ limit: 0 }), []);
    t.strictSame(await page({ limit: 3 }), all.slice(0, 3));
    t.strictSame(await page({ offset: 100, limit: 50 }), all.slice(100, 150));
    t.strictSame(await page({ offset: 240, limit: 50 }), all.slice(240));
    t.strictSame(await page({ offset: 250, limit: 50 }), []);
    t.strictSame(await page({ after: '099', limit: 50 }), all.slice(99, 149));
    t.strictSame(await page({ after: '0995', limit: 2 }), all.slice(99, 101), 'a member that is not there');
    t.strictSame(await page({ after: '250', limit: 2 }), []);
    t.strictSame(await store.range(acme, 'none', { limit: 5 }), { members: [], total: 0, sequence: 2 });
  });

  check('members leave an index, which is as if it had never been when the last one left', async (t, { store, commit }) => {
    await commit(acme, { index: { i: { add: ['a', 'b', 'c'] } } });
    await commit(acme, { index: { i: { remove: ['b', 'never there'] } } });
    t.match(await store.range(acme, 'i', { limit: 9 }), { members: ['a', 'c'], total: 2 });
    await commit(acme, { index: { i: { remove: ['a', 'c'], add: ['d', 'a'] } } });
    t.match(await store.range(acme, 'i', { limit: 9 }), { members: ['a', 'd'], total: 2 });
    await commit(acme, { index: { i: { remove: ['a', 'd'] } } });
    t.match(await store.range(acme, 'i', { limit: 9 }), { members: [], total: 0 });
    await commit(acme, { index: { i: { add: ['e'] } } });
    t.match(await store.range(acme, 'i', { limit: 9 }), { members: ['e'], total: 1 });
  });

  check('has answers for each member in turn', async (t, { store, commit }) => {
    await commit(acme, { index: { i: { add: ['a', 'c'] } } });
    t.strictSame(await store.has(acme, 'i', ['a', 'b', 'c', 'a']), [true, false, true, true]);
    t.strictSame(await store.has(acme, 'none', ['a']), [false]);
    t.strictSame(await store.has(acme, 'i', []), []);
  });

  check('an index is dropped whole, and can be filled again by the same change', async (t, { store, commit, members }) => {
    const many = upTo(2000).map((n) => `member-${n}`);
    await commit(acme, { index: { i: { add: many }, j: { add: ['kept'] } } });
    await commit(acme, { drop: ['i', 'none'] });
    t.match(await store.range(acme, 'i', { limit: 9 }), { members: [], total: 0 });
    t.strictSame(await store.has(acme, 'i', ['member-1']), [false]);
    await commit(acme, { index: { i: { add: many } } });
    await commit(acme, { drop: ['i'], index: { i: { add: ['new'] } } });
    t.match(await store.range(acme, 'i', { limit: 9 }), { members: ['new'], total: 1 });
    t.strictSame(await members(acme, 'j'), ['kept']);
  });

  check('what stands in an index is counted right by commits that run side by side', async (t, { store, commit }) => {
    await Promise.all(upTo(40).map((n) => commit(acme, { index: { i: { add: [`m${n % 25}`], remove: [`m${n + 100}`] } } })));
    t.equal((await store.range(acme, 'i', { limit: 0 })).total, 25);
  });
}
