import { cellOf } from '../cell.ts';
import type { Outbox } from './store.ts';
import { eventOf, type StoreCase, type StoreUnderTest } from './store-case.contract.ts';

const tenants = ['acme', 'globex', 'initech', 'umbrella'];
const waits = async (outbox: Outbox, cell: number) => (await outbox.read(cell, 1000)).map(({ record }) => record.headers.ce_id);

/** What an {@link Outbox} does, where a store has one. */
export function outboxCases(check: StoreCase, { runtime, pass }: StoreUnderTest): void {
  const checkOutbox = (
    name: string,
    run: (...[t, place, outbox]: [...Parameters<Parameters<StoreCase>[1]>, Outbox]) => Promise<void>,
  ): void =>
    check(name, async (t, place) => {
      const outbox = place.store.outbox('edge');
      if (outbox) await run(t, place, outbox);
    });

  checkOutbox(
    'events wait in their tenant’s cell in the order of the commits, as the records to publish',
    async (t, { store, commit }, outbox) => {
      await Promise.all(
        [1, 2, 3, 4, 5].flatMap((n) =>
          tenants.map((tenant) =>
            commit(`edge/${tenant}`, { put: { k: n }, events: [eventOf(n), { ...eventOf(n), traceparent: '00-1-2-01' }] }),
          ),
        ),
      );
      for (const tenant of tenants) {
        const cell = cellOf(tenant, store.cells);
        const entries = (await outbox.read(cell, 1000)).filter((entry) => entry.tenant === tenant);
        t.strictSame(
          entries.map(({ record }) => record.headers.ce_id),
          Array.from({ length: 10 }, (_, i) => `${tenant}:${i + 1}`),
        );
        t.match(entries[1]?.record, {
          key: tenant,
          value: /^\{"id":"\d","userName":"ann"\}$/,
          headers: {
            ce_type: 'ai.claras.directory.user.deleted',
            ce_source: '/claras/directory',
            ce_sequence: '00000000000000000002',
            ce_time: '2026-01-01T00:00:00.000Z',
            ce_traceparent: '00-1-2-01',
          },
        });
      }
      t.equal((await outbox.read(0, 3)).length, Math.min(3, (await outbox.read(0, 1000)).length), 'the oldest ones, up to a limit');
    },
  );

  checkOutbox('what is trimmed is forgotten, up to and with the entry, in that cell only', async (t, { store, commit }, outbox) => {
    for (const n of [1, 2, 3]) for (const tenant of tenants) await commit(`edge/${tenant}`, { events: [eventOf(n)] });
    const cell = cellOf('acme', store.cells);
    const others = [0, 1, 2, 3].filter((other) => other !== cell);
    const before = await Promise.all(others.map((other) => waits(outbox, other)));
    const entries = await outbox.read(cell, 1000);
    await outbox.trim(cell, entries[1]!.id);
    t.strictSame(await outbox.read(cell, 1000), entries.slice(2));
    await outbox.trim(cell, entries[0]!.id);
    t.strictSame(await outbox.read(cell, 1000), entries.slice(2), 'trimming behind the front does nothing');
    t.strictSame(await Promise.all(others.map((other) => waits(outbox, other))), before);
    await outbox.trim(cell, entries.at(-1)!.id);
    t.strictSame(await outbox.read(cell, 1000), []);
    await commit('edge/acme', { events: [eventOf(4)] });
    t.strictSame(await waits(outbox, cell), ['acme:4']);
  });

  checkOutbox('depth counts what waits, and says in which cells and since when', async (t, { store, commit }, outbox) => {
    t.strictSame(await outbox.depth(), { entries: 0, filled: [] });
    const since = runtime.now();
    for (const tenant of tenants) await commit(`edge/${tenant}`, { events: [eventOf(1), eventOf(2)] });
    const { entries, filled, oldest } = await outbox.depth();
    t.equal(entries, 8);
    t.same(new Set(filled), new Set(tenants.map((tenant) => cellOf(tenant, store.cells))));
    t.ok(oldest !== undefined && Math.abs(oldest - since) < 5000);
  });

  checkOutbox('a cell is leased by one holder until it gives it back or lets it lapse', async (t, _, outbox) => {
    const long = 60_000;
    t.equal(await outbox.lease(1, 'a', long), true);
    t.equal(await outbox.lease(1, 'b', long), false);
    t.equal(await outbox.lease(2, 'b', long), true, 'another cell');
    t.equal(await outbox.lease(3, 'a', 400), true);
    t.equal(await outbox.lease(3, 'a', long), true, 'its own is extended');
    await pass(500);
    t.equal(await outbox.lease(3, 'b', 400), false, 'by as much as it said');
    await outbox.release(1, 'b');
    t.equal(await outbox.lease(1, 'b', 400), false, 'only the holder gives it back');
    await outbox.release(1, 'a');
    t.equal(await outbox.lease(1, 'b', 400), true);
    await pass(500);
    t.equal(await outbox.lease(1, 'a', 400), true, 'the lapsed one is taken over');
  });

  checkOutbox('of many that ask for a free lease, one gets it', async (t, _, outbox) => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => outbox.lease(3, `holder-${n}`, 5000)));
    t.equal(answers.filter(Boolean).length, 1);
  });

  checkOutbox('a listener hears of what is appended, until it stops', async (t, { store, commit }, outbox) => {
    const cell = cellOf('acme', store.cells);
    const heard = Promise.withResolvers<number>();
    const stop = outbox.onAppend(heard.resolve);
    // The first may be missed, as a listener may join late.
    let done = false;
    const first = heard.promise.finally(() => {
      done = true;
    });
    while (!done) {
      await commit('edge/acme', { events: [eventOf(1)] });
      await pass(1);
    }
    t.equal(await first, cell);
    stop();
  });

  checkOutbox('a service without a topic has no outbox', async (t, { store }) => {
    t.equal(store.outbox('archiver'), undefined);
  });
}
