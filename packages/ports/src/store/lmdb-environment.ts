import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Runtime } from '../runtime.ts';
import { checkpointedTables } from './checkpointed-tables.ts';
import { lockFolder } from './folder-lock.ts';
import { groupCommit } from './group-commit.ts';
import { lmdbIndexes } from './lmdb-indexes.ts';
import { lmdbLog } from './lmdb-log.ts';
import { lmdbSets } from './lmdb-sets.ts';
import { lmdbChanges, lmdbSlices } from './lmdb-slices.ts';
import { openTables, type Tables } from './lmdb-tables.ts';
import { StoreUnavailable } from './store.ts';

const sweepPauseMs = 20;
const mostSwept = 500;

/**
 * One data folder, open in one process: what the embedded store and bus share. Created where it is not there. Throws where another process
 * has it open, or it was made with another number of cells.
 */
export function lmdbEnvironment(dir: string, { cells, runtime }: { cells: number; runtime: Runtime }) {
  const folder = resolve(dir);
  mkdirSync(folder, { recursive: true });
  const unlock = lockFolder(folder);
  const closing = new AbortController();
  let closed: Promise<void> | undefined;
  let sweeping = false;

  const { root, tables, transact, undo, checkpointWhenDue, close: closeTables } = openOrUnlock();
  const numbers = lmdbSets(tables);
  const indexes = lmdbIndexes(tables, numbers);
  const slices = lmdbSlices(tables);
  const changes = lmdbChanges();
  const log = lmdbLog(tables, runtime);
  const group = groupCommit({
    transact,
    flush() {
      for (const part of [indexes, slices, numbers]) part.flush();
    },
    undo() {
      for (const part of [indexes, slices, numbers, changes, log]) part.forget();
      undo();
    },
    settled() {
      changes.settled();
      log.settled();
      sweep();
      checkpointWhenDue();
    },
  });

  function openOrUnlock() {
    try {
      const { root, ...tables } = openTables(folder);
      assertCells({ root, ...tables }, folder, cells);
      return { root, ...checkpointedTables(folder, root, tables) };
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Removes what was dropped, step by step, beside whatever else is written. */
  async function sweepOn(): Promise<void> {
    while (!numbers.isSwept()) {
      await runtime.sleep(sweepPauseMs, closing.signal);
      if (closing.signal.aborted) return;
      await group.write(() => numbers.sweep(mostSwept));
    }
  }

  function sweep(): void {
    if (sweeping || numbers.isSwept() || closing.signal.aborted) return;
    sweeping = true;
    sweepOn()
      // A full disk, say; the next commit tries again.
      .catch(() => {})
      .finally(() => {
        sweeping = false;
      });
  }

  function assertOpen(): void {
    if (closing.signal.aborted) throw new StoreUnavailable('the data are closed');
  }

  async function close(): Promise<void> {
    closing.abort();
    await group.idle();
    closeTables();
    await root.close();
    unlock();
  }

  sweep();
  return {
    cells,
    tables,
    numbers,
    indexes,
    slices,
    changes,
    log,
    /** Before each use of the tables: lmdb does not survive being asked after it was closed. */
    assertOpen,
    /** Resolves when nothing that was dropped is left. */
    swept: sweepOn,
    /** Runs `apply` in the next transaction; resolves with its result when that is on disk. */
    async write<T>(apply: () => T): Promise<T> {
      assertOpen();
      return group.write(apply);
    },
    /** Lets what was asked for finish, and gives the folder free. */
    close(): Promise<void> {
      closed ??= close();
      return closed;
    },
  };
}
export type LmdbEnvironment = ReturnType<typeof lmdbEnvironment>;

function assertCells({ facts, root }: Tables & Pick<ReturnType<typeof openTables>, 'root'>, dir: string, cells: number): void {
  const stored = facts.get('cells');
  if (stored === undefined) root.transactionSync(() => facts.putSync('cells', String(cells)));
  else if (Number(stored) !== cells)
    throw new Error(
      `the data in ${dir} were made with ${stored} cells, not ${cells}; set CELLS to ${stored}: the number cannot be changed`,
    );
}
