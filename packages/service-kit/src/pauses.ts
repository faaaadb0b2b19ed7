import type { Runtime } from '@claras/ports/runtime';
import type { Scope, Store } from '@claras/ports/store/store';
import { editDocument } from './edit-document.ts';

/** Who paused a consumer, and since when (ISO 8601, UTC). */
export interface Pause {
  by: string;
  since: string;
}
export interface PauseDeed {
  did: 'paused' | 'resumed';
  by: string;
  at: string;
}
export interface PauseState {
  /** Absent: it runs. */
  paused?: Pause;
  /** Newest first. */
  deeds: readonly PauseDeed[];
}

/** As dead letters are: not anybody's state but what stands between the operator, who decides, and the consumers, which obey. */
const scope: Scope = 'consumers/';
const keyOf = (consumer: string) => `pause:${consumer}`;
const mostDeeds = 50;

/** Which consumers (by their group) are paused. */
export function pauses(durable: { store: Store; runtime: Runtime }) {
  async function read(consumers: readonly string[]): Promise<PauseState[]> {
    const entries = await durable.store.read<PauseState>(scope, consumers.map(keyOf));
    return entries.map((entry) => entry?.value ?? { deeds: [] });
  }

  /** What is so already stays as it was decided first. */
  async function set(consumer: string, did: PauseDeed['did'], by: string): Promise<PauseState> {
    await editDocument<PauseState>(durable, scope, keyOf(consumer), ({ paused, deeds } = { deeds: [] }, now) => {
      if ((did === 'paused') === (paused !== undefined)) return undefined;
      const at = new Date(now).toISOString();
      const after: PauseState = { deeds: [{ did, by, at }, ...deeds].slice(0, mostDeeds) };
      return { put: { [keyOf(consumer)]: did === 'paused' ? { ...after, paused: { by, since: at } } : after } };
    });
    return (await read([consumer]))[0]!;
  }

  return { read, set };
}
export type Pauses = ReturnType<typeof pauses>;
