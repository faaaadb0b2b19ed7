import { epochOf, startOf } from '@claras/contracts/sequence';
import { type Change, type Scope, type Store, StoreUnavailable } from '@claras/ports/store/store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import type { Test } from 'tap';

const event = (id: string) => ({
  type: 'user.deleted',
  subject: `Users/${id}`,
  time: '2026-01-01T00:00:00.000Z',
  data: { id, userName: id },
});

/**
 * Writers that send changes to their scopes, each again until it is answered, as a caller does. The n-th change of a scope makes document `kn`,
 * puts it into index `all` and tells it by one event.
 */
export function writeTo(t: Test, { store, scopes, writers }: { store: Store; scopes: readonly Scope[]; writers: number }) {
  /** Of a scope: how many were sent, the number that each key's change was answered with, how often the store was unavailable. */
  const answered = new Map(scopes.map((scope) => [scope, { sent: 0, sequences: new Map<string, number>(), refused: 0 }]));
  let writing = true;
  t.teardown(() => {
    writing = false;
  });

  async function settle(scope: Scope, same: Change): Promise<number> {
    for (;;) {
      try {
        const result = await store.commit(scope, same);
        return result.ok ? result.sequence : -1;
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        answered.get(scope)!.refused++;
      }
    }
  }

  async function write(scope: Scope): Promise<void> {
    const own = answered.get(scope)!;
    while (writing) {
      const key = `k${own.sent++}`;
      const change = { id: runtime.id(), time: 1, expect: { [key]: 0 }, put: { [key]: key }, index: { all: { add: [key] } } };
      own.sequences.set(key, await settle(scope, { ...change, events: [event(key)] }));
    }
  }
  const all = Promise.all(Array.from({ length: writers }, (_, n) => write(scopes[n % scopes.length]!)));

  const count = (scope: Scope): number => answered.get(scope)!.sequences.size;
  return {
    answered,
    /** Resolves when that many more changes were answered, in each of the scopes, or throws after three minutes. */
    async more(further: number, of: readonly Scope[] = scopes): Promise<void> {
      const wanted = of.map((scope) => [scope, count(scope) + further] as const);
      const behind = () => wanted.filter(([scope, number]) => count(scope) < number).map(([scope]) => scope);
      const deadline = runtime.now() + 180_000;
      while (behind().length > 0) {
        if (runtime.now() > deadline) throw new Error(`${behind()} did not get ${further} more changes within three minutes`);
        await runtime.sleep(1);
      }
    },
    /** Resolves when every change that was sent is answered. */
    async stop(): Promise<void> {
      writing = false;
      await all;
    },
  };
}
export type Load = ReturnType<typeof writeTo>;

/** What waits in the outbox, cell by cell. */
export async function eventsOf(store: Store): Promise<{ tenant: string; number: number; subject: string | undefined }[]> {
  const outbox = store.outbox('edge')!;
  const cells = await Promise.all(Array.from({ length: store.cells }, (_, cell) => outbox.read(cell, 1_000_000)));
  return cells
    .flat()
    .map(({ tenant, record }) => ({ tenant, number: Number(record.headers.ce_sequence), subject: record.headers.ce_subject }));
}

/** The next number, or the first one of a later epoch: a replica took over. */
const follows = (number: number, last: number): boolean =>
  number === last + 1 || (number === startOf(epochOf(number)) + 1 && epochOf(number) > epochOf(last));

/** Every change that was answered was made once; documents, index and outbox (nothing was trimmed from it) agree on it. */
export async function holdsExactly(t: Test, store: Store, { answered }: Load): Promise<void> {
  const waiting = await eventsOf(store);
  for (const [scope, { sent, sequences }] of answered) {
    const keys = [...sequences.keys()];
    const told = waiting.filter(({ tenant }) => scope === `edge/${tenant}`);
    t.strictSame(
      told.map(({ number, subject }) => [number, subject]),
      keys.map((key) => [sequences.get(key)!, `Users/${key}`] as const).sort(([a], [b]) => a - b),
      `${scope}: one event for each of ${sent} changes, in order, with the number that was answered`,
    );
    const numbers = told.map(({ number }) => number);
    t.ok(
      numbers.every((number, n) => follows(number, numbers[n - 1] ?? 0)),
      'no number twice or left out, in any epoch',
    );
    t.strictSame(
      (await store.read<string>(scope, keys)).map((entry) => entry?.value),
      keys,
      'every document is there',
    );
    t.match(await store.range(scope, 'all', { limit: 0 }), { total: sent, sequence: numbers.at(-1) }, 'and stands in the index');
  }
}
