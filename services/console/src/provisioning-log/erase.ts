import { type Actor, audit } from '@claras/directory/audit';
import { DirectoryError } from '@claras/directory/directory-error';
import { tenantScope } from '@claras/directory/scopes';
import { type Durable, transact } from '@claras/directory/transact';
import { users } from '@claras/directory/users';
import { indexPages } from '@claras/ports/store/index-pages';
import { positions } from '@claras/service-kit/position';
import type { LogEntry } from './entry.ts';
import { documentKey, logScope, logService, nameKey, namesIndex, scimIdOf, snapshotKey, userIndex } from './log-store.ts';

/** Stands where a name stood. */
const erased = '(erased)';
const atOnce = 100;
/** For so long the log may take to read what was committed before. */
const patience = 5000;

/**
 * Takes out of a tenant's log what it says of a person whom the directory no longer has: names and values. SCIM ids, times, requests and what
 * the consumers did stay: they say of nobody who it was. Done again it goes on where it stopped; what was a userName is then no longer known.
 */
export function eraseFromLog(durable: Durable) {
  const { store, runtime } = durable;
  const directory = users(durable);
  const log = positions(store, runtime, logService);

  /** What is not yet read of the person would be written behind us. */
  async function untilRead(tenant: string): Promise<void> {
    const { sequence } = await store.range(tenantScope(tenant), 'users', { limit: 0 });
    for (const end = runtime.now() + patience; (await log.read(tenant)).applied < sequence; await runtime.sleep(50))
      if (runtime.now() >= end) throw new DirectoryError('conflict', 'The log has not read everything yet. Try again when it has (lag).');
  }

  /** Resolves with where to go on; undefined: that was all. `kept`: the name by which the person was asked for, which goes last. */
  const erasePage = (tenant: string, id: string, kept: string, after: string | undefined) =>
    transact(durable, logScope(tenant), async () => {
      const scope = logScope(tenant);
      const { members } = await store.range(scope, userIndex(id), { limit: atOnce, ...(after === undefined ? {} : { after }) });
      const keys = members.map(documentKey);
      const entries = await store.read<LogEntry>(scope, keys);
      const own = entries.flatMap((entry, n) =>
        entry?.value.subject === `Users/${id}` ? [{ key: keys[n] as string, value: entry.value, version: entry.version }] : [],
      );
      const names = [...new Set(own.flatMap(({ value }) => userNamesIn(value).map(nameKey)))].filter((name) => name !== kept);
      const named = await store.read<string>(scope, names);
      return {
        change: {
          expect: Object.fromEntries(own.map(({ key, version }) => [key, version])),
          put: Object.fromEntries(own.map(({ key, value }) => [key, { ...value, name: erased, changes: [] } satisfies LogEntry])),
          remove: names.filter((_, n) => named[n]?.value === id),
        },
        result: () => (members.length < atOnce ? undefined : members.at(-1)),
      };
    });

  /** A name that somebody else has by now leads on to them. */
  async function eraseNames(tenant: string, id: string, kept: string): Promise<void> {
    const scope = logScope(tenant);
    for await (const page of indexPages(store, scope, namesIndex(id), atOnce)) {
      const names = page.filter((name) => name !== kept);
      await transact(durable, scope, async () => {
        const own = (await store.read<string>(scope, names)).flatMap((entry, n) =>
          entry?.value === id ? [{ key: names[n]!, entry }] : [],
        );
        const expect = Object.fromEntries(own.map(({ key, entry }) => [key, entry.version]));
        return { change: { expect, remove: own.map(({ key }) => key) }, result: () => undefined };
      });
    }
  }

  /** `user`: SCIM id or userName. Resolves with the SCIM id. Throws a {@link DirectoryError} while the directory has the user. */
  return async (tenant: string, user: string, by: Actor): Promise<string> => {
    const scope = logScope(tenant);
    const id = await scimIdOf(store, scope, user);
    if (await directory.get(tenant, id))
      throw new DirectoryError('conflict', 'The directory still has this user. Delete the user in Entra first, then erase.');
    await untilRead(tenant);
    const [entries, names] = await Promise.all([userIndex(id), namesIndex(id)].map((index) => store.range(scope, index, { limit: 0 })));
    if (id === user && entries!.total + names!.total === 0)
      throw new DirectoryError('not-found', 'The log knows no such user. Ask by the SCIM id, or by the last userName.');
    await audit(durable).tellFirst(tenant, { by, action: 'log.erased', subject: `Users/${id}`, details: {} });
    let after: string | undefined;
    do after = await erasePage(tenant, id, nameKey(user), after);
    while (after !== undefined);
    await eraseNames(tenant, id, nameKey(user));
    await store.commit(scope, {
      ...{ id: runtime.id(), time: runtime.now() },
      remove: [snapshotKey(`Users/${id}`), ...(user === id ? [] : [nameKey(user)])],
      drop: [namesIndex(id)],
    });
    return id;
  };
}
export type EraseFromLog = ReturnType<typeof eraseFromLog>;

function userNamesIn({ name, changes }: LogEntry): string[] {
  const values = changes.flatMap((change) => (change.attribute === 'userName' ? [change.old, change.new] : []));
  return [name, ...values].filter((value) => typeof value === 'string');
}
