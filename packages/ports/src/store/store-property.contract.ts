import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Runtime } from '../runtime.ts';
import type { Change, Entry, Scope, Store } from './store.ts';
import { eventOf, type StoreCase } from './store-case.contract.ts';

const keys = ['a', 'b', 'c'];
const indexNames = ['i', 'j'];
const memberNames = ['x', 'y', 'z', 'ä', '🙂', '\uffff'];
const scopes: Scope[] = ['edge/acme', 'edge/globex'];

/** What a scope should hold: as plain as can be. */
interface Model {
  documents: Map<string, { value: unknown; version: number; time: number }>;
  indexes: Map<string, Set<string>>;
  sequence: number;
}
const newModel = (): Model => ({ documents: new Map(), indexes: new Map(), sequence: 0 });

const some = (names: string[]) => fc.subarray(names);
const none = fc.constant<string[]>([]);
const members = fc.record({ add: some(memberNames), remove: some(memberNames) });
/** `expected`: for each key, whether the version that is expected is the right one. */
const step = fc.record({
  scope: fc.constantFrom(...scopes),
  expected: fc.dictionary(fc.constantFrom(...keys), fc.boolean(), { maxKeys: 2, noNullPrototype: true }),
  put: fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2, noNullPrototype: true }),
  remove: some(keys),
  touch: fc.oneof({ weight: 3, arbitrary: none }, { weight: 1, arbitrary: some(keys) }),
  index: fc.dictionary(fc.constantFrom(...indexNames), members, { maxKeys: 2, noNullPrototype: true }),
  drop: fc.oneof({ weight: 4, arbitrary: none }, { weight: 1, arbitrary: some(indexNames) }),
  events: fc.nat(2),
  again: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function changeOf({ expected, put, remove, touch, index, drop, events }: Step, { documents }: Model, time: number): Omit<Change, 'id'> {
  const expect = Object.entries(expected).map(([key, right]): [string, number] => [
    key,
    (documents.get(key)?.version ?? 0) + (right ? 0 : 1),
  ]);
  return {
    time,
    expect: Object.fromEntries(expect),
    put,
    remove,
    touch,
    index,
    drop,
    events: Array.from({ length: events }, (_, n) => eventOf(n)),
  };
}

const isRefused = ({ expected, touch }: Step, { documents }: Model): boolean =>
  Object.values(expected).includes(false) || touch.some((key) => !documents.has(key));

function apply(
  model: Model,
  { put = {}, remove = [], touch = [], index = {}, drop = [], events = [], time }: Omit<Change, 'id'>,
  version: number,
) {
  for (const key of touch) model.documents.set(key, { ...model.documents.get(key)!, version, time });
  for (const key of remove) model.documents.delete(key);
  for (const [key, value] of Object.entries(put)) model.documents.set(key, { value: JSON.parse(JSON.stringify(value)), version, time });
  for (const name of drop) model.indexes.delete(name);
  for (const [name, { add = [], remove: gone = [] }] of Object.entries(index)) {
    const kept = [...(model.indexes.get(name) ?? [])].filter((member) => !gone.includes(member));
    model.indexes.set(name, new Set([...kept, ...add]));
  }
  model.sequence += events.length;
}

/** Everything that a store says about the scope. */
async function contents(store: Store, scope: Scope) {
  const ranges = await Promise.all(indexNames.map((name) => store.range(scope, name, { limit: 100 })));
  const has = await Promise.all(indexNames.map((name) => store.has(scope, name, memberNames)));
  const documents = (await store.read(scope, keys)).map((entry) => entry && { ...entry, value: entry.value });
  return { documents, ranges, has };
}

const withJson = (entry: Omit<Entry<unknown>, 'json'> | undefined) => entry && { ...entry, json: JSON.stringify(entry.value) };

function expectedContents({ documents, indexes, sequence }: Model) {
  const sorted = indexNames.map((name) => [...(indexes.get(name) ?? [])].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  return {
    documents: keys.map((key) => withJson(documents.get(key))),
    ranges: sorted.map((found) => ({ members: found, total: found.length, sequence })),
    has: sorted.map((found) => memberNames.map((member) => found.includes(member))),
  };
}

/** Any sequence of changes leaves a store with what the plain model has. */
export function modelCase(check: StoreCase, runtime: Runtime): void {
  check('after any changes, the store holds what a plain model holds', async (t, { store }) => {
    let round = 0;
    const runs = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      round++;
      const models = new Map(scopes.map((scope) => [scope, newModel()]));
      for (const [n, it] of steps.entries()) {
        const scope: Scope = `${it.scope}-${round}`;
        const model = models.get(it.scope)!;
        const change = { id: runtime.id(), ...changeOf(it, model, n) };
        const refused = isRefused(it, model);
        const result = await store.commit(scope, change);
        if (result.ok === refused) throw new Error(`${JSON.stringify(result)} for ${JSON.stringify(change)}`);
        if (result.ok) apply(model, change, result.version);
        if (result.ok && it.again && !isDeepStrictEqual(await store.commit(scope, change), result))
          throw new Error('answered in another way');
        const [found, wanted] = [await contents(store, scope), expectedContents(model)];
        if (!isDeepStrictEqual(found, wanted)) throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`);
      }
    });
    await fc.assert(runs, { numRuns: 60 });
    t.pass();
  });
}
