import type { Alarm } from '@claras/contracts/console-api';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { Scope, Store } from '@claras/ports/store/store';
import { editDocument } from './edit-document.ts';

type Which = Pick<Alarm, 'consumer' | 'tenant' | 'kind'>;
export type AlarmKind = Alarm['kind'];

/** As dead letters are: not anybody's state but what stands between the consumers, which raise and end, and the operator, who looks. */
const scope: Scope = 'alarms/';
const index = 'alarms';
const mostShown = 1000;
export const idOf = ({ consumer, tenant, kind }: Which): string => `${consumer} ${tenant} ${kind}`;
const alarmKey = (id: string) => `alarm:${id}`;

/** Alarms outlive the process that raises them: any process of the consumer says them, and the operator sees them at the console. */
export function alarms(durable: { store: Store; runtime: Runtime; log: Log }) {
  const { store, log } = durable;

  /** Raised again it stays, as of its first time. */
  async function raise(which: Which, detail: string): Promise<void> {
    const id = idOf(which);
    let isNew = false;
    await editDocument<Alarm>(durable, scope, alarmKey(id), (before, now) => {
      isNew = before === undefined;
      if (before?.detail === detail) return undefined;
      const alarm: Alarm = { ...which, detail, since: before?.since ?? new Date(now).toISOString() };
      return { put: { [alarmKey(id)]: alarm }, index: { [index]: { add: [id] } } };
    });
    if (isNew) log.error({ ...which }, detail);
  }

  async function end(which: Which): Promise<void> {
    const id = idOf(which);
    await editDocument<Alarm>(durable, scope, alarmKey(id), (before) =>
      before ? { remove: [alarmKey(id)], index: { [index]: { remove: [id] } } } : undefined,
    );
  }

  /** Of a consumer, or of all; 1,000 at most. */
  async function list(consumer?: string): Promise<Alarm[]> {
    const from = consumer === undefined ? {} : { after: `${consumer} ` };
    const { members } = await store.range(scope, index, { limit: mostShown, ...from });
    const ids = consumer === undefined ? members : members.filter((id) => id.startsWith(`${consumer} `));
    const entries = await store.read<Alarm>(scope, ids.map(alarmKey));
    return entries.flatMap((entry) => entry?.value ?? []);
  }

  return { raise, end, list };
}
export type Alarms = ReturnType<typeof alarms>;
