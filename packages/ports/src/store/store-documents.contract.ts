import { acme, type StoreCase, upTo } from './store-case.contract.ts';

export function documentCases(check: StoreCase): void {
  check('a document is read as it was put, with its version and time', async (t, { store, commit }) => {
    const value = { text: 'Zoë “🙂” \n\0', list: [1, null, true, {}], empty: '' };
    const result = await commit(acme, { time: 1_790_000_000_123, put: { a: value, b: 'text', 'ключ 1': 7 } });
    t.ok(result.ok);
    const [a, none, b, c] = await store.read(acme, ['a', 'none', 'b', 'ключ 1']);
    t.same(
      { ...a, value: a?.value },
      { value, json: JSON.stringify(value), version: result.ok && result.version, time: 1_790_000_000_123 },
    );
    t.equal(none, undefined);
    t.strictSame([b?.value, c?.value], ['text', 7]);
    t.strictSame(await store.read(acme, []), []);
  });

  check('what was read is the reader’s own', async (t, { store, commit }) => {
    const value = { list: [1] };
    await commit(acme, { put: { a: value } });
    value.list.push(2);
    const [first] = await store.read<{ list: number[] }>(acme, ['a']);
    first!.value.list.push(3);
    t.strictSame((await store.read(acme, ['a']))[0]?.value, { list: [1] });
  });

  check('a large document, and many at once', async (t, { store, commit }) => {
    const put = Object.fromEntries(upTo(300).map((n) => [`key-${n}`, { n }]));
    await commit(acme, { put: { ...put, large: 'ä'.repeat(1_000_000) } });
    const found = await store.read<{ n: number }>(acme, Object.keys(put));
    t.strictSame(
      found.map((entry) => entry?.value.n),
      upTo(300),
    );
    t.equal((await store.read<string>(acme, ['large']))[0]?.value.length, 1_000_000);
  });

  check('a removed document is gone, and its versions are never used again', async (t, { commit, entry }) => {
    const seen: number[] = [];
    for (const _ of upTo(3)) {
      await commit(acme, { put: { a: 1 } });
      seen.push((await entry(acme, 'a'))![1]);
      await commit(acme, { remove: ['a', 'never there'] });
      t.equal(await entry(acme, 'a'), undefined);
    }
    t.ok(seen[0]! > 0 && seen[1]! > seen[0]! && seen[2]! > seen[1]!, seen.join());
  });

  check('a key that is removed and put by one change stays; one that is renamed moves', async (t, { commit, entry }) => {
    await commit(acme, { put: { a: 1, old: 1 } });
    await commit(acme, { remove: ['a', 'old'], put: { a: 2, new: 1 } });
    t.equal((await entry(acme, 'a'))?.[0], 2);
    t.equal(await entry(acme, 'old'), undefined);
    t.equal((await entry(acme, 'new'))?.[0], 1);
  });

  check('names that look like JavaScript’s own are names', async (t, { store, commit }) => {
    for (const key of ['__proto__', 'constructor', 'hasOwnProperty']) {
      t.strictSame(await store.read(acme, [key]), [undefined]);
      t.strictSame(await store.has(acme, key, [key]), [false]);
      const own = <T>(value: T): Record<string, T> => Object.fromEntries([[key, value]]);
      t.ok((await commit(acme, { expect: own(0), put: own(key), index: own({ add: [key] }) })).ok);
      t.equal((await store.read(acme, [key]))[0]?.value, key);
      t.strictSame(await store.has(acme, key, [key, 'other']), [true, false]);
    }
  });

  check('a key is up to 1,000 bytes long; a longer one is never there and cannot be written', async (t, { store, commit, members }) => {
    const [fits, tooLong] = ['ä'.repeat(500), 'ä'.repeat(501)];
    t.ok((await commit(acme, { put: { [fits]: 1 }, index: { [fits]: { add: [fits] } } })).ok);
    t.strictSame(await members(acme, fits), [fits]);
    t.equal((await store.read(acme, [fits]))[0]?.value, 1);
    t.strictSame(await store.read(acme, [tooLong]), [undefined]);
    t.strictSame(await store.has(acme, fits, [tooLong]), [false]);
    t.strictSame(await members(acme, tooLong), []);
    await t.rejects(commit(acme, { put: { [tooLong]: 1 } }), RangeError);
    await t.rejects(commit(acme, { index: { i: { add: [tooLong] } } }), RangeError);
  });
}
