import type { OutgoingEvent } from '@claras/contracts/cloud-event';
import type { Change, Entry } from '@claras/ports/store/store';

/** Documents as they were read, and what a decision makes of them: nothing is written until it is committed as one change. */
export function draftOf(read: ReadonlyMap<string, Entry | undefined>) {
  const written = new Map<string, unknown>();
  const index: Record<string, { add: string[]; remove: string[] }> = {};
  const events: OutgoingEvent[] = [];

  const get = <T>(key: string): T | undefined => (written.has(key) ? written.get(key) : read.get(key)?.value) as T | undefined;

  return {
    get,
    put: (key: string, value: unknown): void => void written.set(key, value),
    remove: (key: string): void => void written.set(key, undefined),
    /** Puts a member into an index, or takes it out; the last word counts. */
    stand(name: string, member: string, inside: boolean): void {
      index[name] ??= { add: [], remove: [] };
      const [to, from] = inside ? [index[name].add, index[name].remove] : [index[name].remove, index[name].add];
      if (from.includes(member)) from.splice(from.indexOf(member), 1);
      if (!to.includes(member)) to.push(member);
    },
    event: (event: OutgoingEvent): void => void events.push(event),
    /**
     * Undefined: nothing to write. Everything that was read and is written must still be as it was. What is written unread follows from a
     * document that was read: the e-mail that a profile gives up, the id of a new one.
     */
    change(): Omit<Change, 'id' | 'time'> | undefined {
      if (written.size === 0) return undefined;
      const put = Object.fromEntries([...written].filter(([, value]) => value !== undefined));
      const remove = [...written.keys()].filter((key) => !(key in put) && (read.get(key) || !read.has(key)));
      const expect = Object.fromEntries([...written.keys()].flatMap((key) => (read.has(key) ? [[key, read.get(key)?.version ?? 0]] : [])));
      return { expect, put, remove, index, events };
    },
  };
}
export type Draft = ReturnType<typeof draftOf>;
