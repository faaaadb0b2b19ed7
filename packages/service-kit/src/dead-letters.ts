import { fromRecord } from '@claras/contracts/cloud-event';
import type { Fact, Positioned } from '@claras/contracts/events';
import { type TopicName, topics } from '@claras/contracts/topics';
import type { Batch, Received } from '@claras/ports/bus/bus';
import type { Runtime } from '@claras/ports/runtime';
import { indexPages } from '@claras/ports/store/index-pages';
import type { Entry, Scope, Store } from '@claras/ports/store/store';
import { positions } from './position.ts';

/** `parked`: waits for somebody. `replaying`: its consumer is told to try again. The others are done with. */
export const letterStates = ['parked', 'replaying', 'replayed', 'dropped'] as const;
export type LetterState = (typeof letterStates)[number];

/** A record that a consumer could not read, or not apply where it stands alone, with all that is needed to look at it and to try it again. */
export interface DeadLetter {
  /** `<consumer>:<topic>:<partition>:<offset>`: the same record is parked once, however often it is read. */
  id: string;
  consumer: string;
  topic: string;
  partition: number;
  record: Received;
  /** Why, at the last attempt. */
  reason: string;
  attempts: number;
  /** ISO 8601, UTC. */
  parked: string;
  state: LetterState;
  /** Who decided on it, when, and what came of it. */
  by?: string;
  decided?: string;
  outcome?: string;
  /** Records a second at which its consumer replays. */
  rate?: number;
}

/** What a replay would do: `applies`; `superseded`: its tenant is further already, so it changes nothing; `fails`: it is still no event. */
export type Verdict = { verdict: 'applies' | 'superseded' } | { verdict: 'fails'; reason: string };

/** Not anybody's state but the queue between consumers and the operator: consumers park and replay, the console shows and decides. */
const scope: Scope = 'dead-letters/';
const letterKey = (id: string) => `letter:${id}`;
const indexOf = (state: LetterState, consumer?: string) => (consumer === undefined ? `is:${state}` : `is:${state}:${consumer}`);
/** What is done with stays to be looked at; then the oldest go. */
const mostDone = 10_000;
const trimmedAtOnce = 100;

export interface LetterQuery {
  state: LetterState;
  consumer?: string | undefined;
  after?: string | undefined;
  limit: number;
}

const topicNamed = (name: string) => (Object.keys(topics) as TopicName[]).find((topic) => topics[topic].name === name);

export function deadLetters(store: Store, runtime: Runtime) {
  async function add(
    consumer: string,
    { topic, partition }: Pick<Batch, 'topic' | 'partition'>,
    record: Received,
    reason: string,
  ): Promise<void> {
    const id = `${consumer}:${topic}:${partition}:${record.offset.padStart(20, '0')}`;
    const time = runtime.now();
    const parked = new Date(time).toISOString();
    const letter: DeadLetter = { ...{ id, consumer, topic, partition, record, reason, attempts: 1, parked }, state: 'parked' };
    const index = { [indexOf('parked')]: { add: [id] }, [indexOf('parked', consumer)]: { add: [id] } };
    // Read again after a crash it is there already, decided on perhaps: it stays as it is.
    await store.commit(scope, { id: runtime.id(), time, expect: { [letterKey(id)]: 0 }, put: { [letterKey(id)]: letter }, index });
  }

  async function get(id: string): Promise<Entry<DeadLetter> | undefined> {
    return (await store.read<DeadLetter>(scope, [letterKey(id)]))[0];
  }

  async function list({ state, consumer, after, limit }: LetterQuery): Promise<{ letters: DeadLetter[]; total: number; next?: string }> {
    const { members, total } = await store.range(scope, indexOf(state, consumer), { limit, ...(after === undefined ? {} : { after }) });
    const entries = await store.read<DeadLetter>(scope, members.map(letterKey));
    const next = members.length === limit ? members.at(-1) : undefined;
    return { letters: entries.flatMap((entry) => entry?.value ?? []), total, ...(next === undefined ? {} : { next }) };
  }

  const count = async (consumer: string): Promise<number> => (await store.range(scope, indexOf('parked', consumer), { limit: 0 })).total;

  /** False where somebody else changed it meanwhile. */
  async function change({ value, version }: Entry<DeadLetter>, to: Partial<DeadLetter> & { state: LetterState }): Promise<boolean> {
    const { id, consumer, state } = value;
    const index: Record<string, { add?: string[]; remove?: string[] }> = {};
    for (const name of [indexOf(state), indexOf(state, consumer)]) index[name] = { remove: [id] };
    for (const name of [indexOf(to.state), indexOf(to.state, consumer)]) index[name] = { add: [id] };
    const changed = await store.commit(scope, {
      id: runtime.id(),
      time: runtime.now(),
      expect: { [letterKey(id)]: version },
      put: { [letterKey(id)]: { ...value, ...to } },
      index,
    });
    if (changed.ok && (to.state === 'replayed' || to.state === 'dropped')) await trim(to.state);
    return changed.ok;
  }

  async function trim(state: LetterState): Promise<void> {
    const { total } = await store.range(scope, indexOf(state), { limit: 0 });
    if (total <= mostDone) return;
    const { members } = await store.range(scope, indexOf(state), { limit: trimmedAtOnce });
    const index: Record<string, { remove: string[] }> = { [indexOf(state)]: { remove: members } };
    for (const id of members) {
      const ofConsumer = indexOf(state, id.slice(0, id.indexOf(':')));
      index[ofConsumer] = { remove: [...(index[ofConsumer]?.remove ?? []), id] };
    }
    await store.commit(scope, { id: runtime.id(), time: runtime.now(), remove: members.map(letterKey), index });
  }

  /** Only what is parked can be decided on. */
  async function decide(id: string, state: 'replaying' | 'dropped', by: string, rate?: number): Promise<DeadLetter | undefined> {
    const entry = await get(id);
    if (entry?.value.state !== 'parked') return undefined;
    const decision = { state, by, decided: new Date(runtime.now()).toISOString(), ...(rate === undefined ? {} : { rate }) };
    return (await change(entry, decision)) ? { ...entry.value, ...decision } : undefined;
  }

  /** What a replay would do now. Nothing is written. */
  async function foretell({ consumer, topic, record }: DeadLetter): Promise<Verdict> {
    const event = eventOf(topic, record);
    if (event instanceof Error) return { verdict: 'fails', reason: event.message };
    const { applied } = await positions(store, runtime, consumer).read(event.tenant);
    return { verdict: event.sequence <= applied ? 'superseded' : 'applies' };
  }

  /** Takes every letter of a tenant away, whatever was decided on it. */
  async function erase(tenant: string): Promise<void> {
    for (const state of letterStates)
      for await (const ids of indexPages(store, scope, indexOf(state), trimmedAtOnce)) {
        const entries = await store.read<DeadLetter>(scope, ids.map(letterKey));
        const own = entries.flatMap((entry) => (entry?.value.record.key === tenant ? entry.value : []));
        if (own.length === 0) continue;
        const gone = own.map(({ id }) => id);
        const names = letterStates.flatMap((state) => [indexOf(state), ...own.map(({ consumer }) => indexOf(state, consumer))]);
        const index = Object.fromEntries(names.map((name) => [name, { remove: gone }]));
        await store.commit(scope, { id: runtime.id(), time: runtime.now(), remove: gone.map(letterKey), index });
      }
  }

  return { add, get, list, count, change, decide, foretell, erase };
}
export type DeadLetters = ReturnType<typeof deadLetters>;

/** The event of a record, or why it is none. */
export function eventOf<F extends Fact>(topic: string, record: Received): Positioned<F> | Error {
  const name = topicNamed(topic);
  if (!name) return new Error(`${topic} is no topic of ours`);
  try {
    return fromRecord<F>(name, record);
  } catch (error) {
    return error as Error;
  }
}
