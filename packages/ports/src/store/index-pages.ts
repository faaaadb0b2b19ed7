import type { Scope, Store } from './store.ts';

/** Every member of an index, in pages of `size` and in order. What is added meanwhile behind the place that was reached comes, too. */
export async function* indexPages(store: Pick<Store, 'range'>, scope: Scope, index: string, size: number): AsyncGenerator<string[]> {
  for (let after: string | undefined; ; ) {
    const { members } = await store.range(scope, index, { limit: size, ...(after === undefined ? {} : { after }) });
    if (members.length > 0) yield members;
    if (members.length < size) return;
    after = members.at(-1);
  }
}
