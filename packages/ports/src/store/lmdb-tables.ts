import { ABORT, asBinary, type Database, type DatabaseOptions, open, type RangeOptions, type RootDatabase } from 'lmdb';

/** What is used of an lmdb database. (Its own declaration does not tell that writes answer.) */
export interface Table {
  get(key: string): string | undefined;
  doesExist(key: string): boolean;
  getKeys(range: RangeOptions): Iterable<string>;
  getRange(range: RangeOptions): Iterable<{ key: string; value: string }>;
  /** In a transaction. With `noOverwrite`, false where the key exists. */
  putSync(key: string, value: string | Buffer, options?: { noOverwrite: true }): boolean;
  /** In a transaction. False where there was nothing. */
  removeSync(key: string): boolean;
}

/** Keys stand in the order of their UTF-8 bytes, as every store's members do. (lmdb's own order is the same but costs more to write.) */
const keyEncoder = {
  writeKey: (key: string, target: Buffer, start: number): number => start + target.write(key, start),
  readKey: (source: Buffer, start: number, end: number): string => source.toString('utf8', start, end),
};
const asText: DatabaseOptions & { keyEncoder: typeof keyEncoder } = { encoding: 'string', keyEncoder };

export const tableNames = ['facts', 'documents', 'scopes', 'indexes', 'sets', 'log', 'offsets'] as const;

/**
 * The tables of the embedded store and bus, all in one file. Text, so that any lmdb tool can read them; `␀` is NUL.
 *
 * facts      name → value: cells, epoch, next set, topics' partitions, sets that were dropped
 * documents  scope ␀ key → version time json
 * scopes     scope → sequence version, and `ended` where it has
 * indexes    scope ␀ index → [member, …], or, where they are many: set total
 * sets       set ␀ member → ''
 * log        topic ␀ partition ␀ offset → [time, key, headers] ⏎ value
 * offsets    group ␀ topic ␀ partition → offset of the next record
 */
export type Tables = Record<(typeof tableNames)[number], Table>;

/** Of 4 KB, a page has room for two events, and one after it was split: a third more pages to write. */
const pageSize = 8192;

export type Root = RootDatabase;

export function openTables(dir: string): Tables & { root: Root } {
  // Without overlappingSync a transaction returns when it is on disk; with it, before.
  const root = open({
    path: `${dir}/claras.mdb`,
    ...asText,
    overlappingSync: false,
    compression: false,
    pageSize,
    maxDbs: tableNames.length,
  });
  const tables = Object.fromEntries(tableNames.map((name) => [name, tableOf(root.openDB(name, asText))])) as Tables;
  return { root, ...tables };
}

const tableOf = (database: Database<unknown, string>): Table => ({
  get: (key) => database.get(key) as string | undefined,
  doesExist: (key) => database.doesExist(key),
  getKeys: (range) => database.getKeys(range),
  getRange: (range) => database.getRange(range) as Iterable<{ key: string; value: string }>,
  putSync: (key, value, options) =>
    database.putSync(key, typeof value === 'string' ? value : asBinary(value), options as never) as unknown as boolean,
  removeSync: (key) => database.removeSync(key) as unknown as boolean,
});

/** Stays open over many turns; meanwhile it is what is read. */
export interface Transaction {
  /** On disk when this returns. Throws where it is not; then nothing of it is there. */
  commit(): void;
  abort(): void;
}

/** lmdb ends a transaction when what its callback returned is done; this one is done when it is told to be, and ends at once. */
export function openTransaction(root: Root): Transaction {
  let end: (how: typeof ABORT | undefined) => void = () => {};
  root.transactionSync(() => ({
    // biome-ignore lint/suspicious/noThenProperty: a promise would let others read in between
    then(ended: typeof end) {
      end = ended;
    },
  }));
  return { commit: () => end(undefined), abort: () => end(ABORT) };
}
