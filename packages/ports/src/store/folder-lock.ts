import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folders that this process holds. */
const held = new Set<string>();

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * A living process by its number and, on Linux, its start (proc(5), stat fields 3 and 22): numbers come again, in a container that is started
 * anew at once. Undefined for one that is dead, or only waits for its parent to notice.
 */
function nameOf(pid: number): string | undefined {
  if (!isThere(pid)) return undefined;
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return String(pid);
  const [, state, ...fields] = stat.slice(stat.lastIndexOf(')')).split(' ');
  return state === 'Z' || state === 'X' ? undefined : `${pid} ${fields[18]}`;
}

const pidOf = (name: string): number => Number(name.split(' ')[0]);
const isStale = (name: string): boolean => nameOf(pidOf(name)) !== name;

/**
 * Takes the folder for this process until the returned function is called. Throws where a living process has it; the lock of one that died,
 * by kill -9 too, is taken over at once.
 */
export function lockFolder(dir: string): () => void {
  const lock = join(dir, 'lock');
  const own = join(dir, `lock.${process.pid}`);
  const inUse = (name: string) => new Error(`the data in ${dir} are in use by process ${pidOf(name)}; end it first`);
  if (held.has(lock)) throw inUse(String(process.pid));
  writeFileSync(own, nameOf(process.pid) ?? '');
  try {
    const other = read(lock);
    if (other !== undefined && !isStale(other)) throw inUse(other);
    if (other !== undefined) takeAway(lock, other);
    // A link is made by one process only, and never half.
    linkSync(own, lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw inUse(read(lock) ?? '?');
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
  held.add(lock);
  return () => {
    held.delete(lock);
    rmSync(lock, { force: true });
  };
}

/** Two may find the same stale lock: the second must not take away the lock that the first has made in its place. */
function takeAway(lock: string, stale: string): void {
  const aside = `${lock}.stale.${process.pid}`;
  renameSync(lock, aside);
  if (read(aside) !== stale) linkSync(aside, lock);
  rmSync(aside, { force: true });
}
