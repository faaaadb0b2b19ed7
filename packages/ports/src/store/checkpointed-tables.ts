import { openTransaction, type Root, type Tables, type Transaction } from './lmdb-tables.ts';
import { loggedTables } from './logged-tables.ts';
import { writeAheadLog } from './write-ahead-log.ts';

/** Number of the log's last record that the tables have. */
const loggedFact = 'logged';

/**
 * lmdb's tables behind a write-ahead log (docs/decisions/0040). What is written goes into a transaction that stays open over many groups of
 * writes; a group is durable by its record in the log, which is one write and one sync. When the log is full the transaction is committed,
 * synced, and the log begins anew. After a crash the tables are as of the last commit, and the log has the rest.
 */
export function checkpointedTables(folder: string, root: Root, raw: Tables) {
  const { tables, noted, clear, redo } = loggedTables(raw);
  const log = writeAheadLog(`${folder}/claras.log`, Number(raw.facts.get(loggedFact) ?? 0));
  let open: Transaction | undefined;

  function redoLog(most?: number): void {
    for (const record of log.unsettled(most)) {
      open ??= openTransaction(root);
      redo(record);
    }
  }

  function undo(): void {
    clear();
    open?.abort();
    open = undefined;
    // A record whose sync failed may stand there whole; its group was told that it was not written.
    redoLog(log.last());
  }

  /** A commit that fails (a full disk, say) is tried again behind the next group: the log has all of it. */
  function checkpoint(): void {
    const full = open;
    if (!full) return;
    try {
      raw.facts.putSync(loggedFact, String(log.last()));
      open = undefined;
      full.commit();
      log.settle();
    } catch {
      undo();
    }
  }

  redoLog();
  return {
    tables,
    /** Runs `write`. What it wrote is on disk when this returns; after a throw, `undo` it. */
    transact(write: () => void): void {
      open ??= openTransaction(root);
      write();
      if (noted().length > 0) log.append(noted());
      clear();
    },
    /** Everything is as it was before what was not logged. */
    undo,
    checkpointWhenDue(): void {
      if (log.isFull()) checkpoint();
    },
    close(): void {
      checkpoint();
      log.close();
    },
  };
}
