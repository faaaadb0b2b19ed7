import type { Erasures } from '@claras/directory/erasures';
import { globalScope } from '@claras/directory/scopes';
import type { Snapshots } from '@claras/directory/snapshots';
import type { Tenants } from '@claras/directory/tenants';
import { cellOf } from '@claras/ports/cell';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { Store } from '@claras/ports/store/store';
import { editDocument } from '@claras/service-kit/edit-document';
import type { Metrics } from '@claras/service-kit/metrics';
import { holders } from '../erasures/tenant-eraser.ts';

interface Parts {
  store: Store;
  runtime: Runtime;
  log: Log;
  metrics: Metrics;
  wanted: Snapshots;
  tenants: Tenants;
  erased: Pick<Erasures, 'list' | 'again'>;
  signal: AbortSignal;
}

const lookEvery = 5000;
/** Epochs of the cells of which every tenant's snapshot was asked for. */
const doneKey = 'epochs';

/**
 * A new epoch says that the store was taken back to an earlier state: readers may know what the directory does not. So the directory says
 * all of it anew, also of tenants in which nothing happens.
 */
export async function watchEpochs({ signal, ...parts }: Parts): Promise<void> {
  const { runtime, log, metrics } = parts;
  const latest = metrics.gauge('claras_store_epoch', 'Highest epoch of the store: grows when a replica was promoted or a backup restored');
  while (!signal.aborted) {
    await look(parts).then(
      (epochs) => latest.set({}, Math.max(...epochs)),
      (error: unknown) => log.warn({ err: error }, 'cannot look for a new epoch; trying again'),
    );
    await runtime.sleep(lookEvery, signal);
  }
}

async function look({ store, runtime, log, wanted, tenants, erased }: Omit<Parts, 'signal' | 'metrics'>): Promise<number[]> {
  const epochs = await store.epochs();
  const [stored] = await store.read<number[]>(globalScope, [doneKey]);
  const isNew = (cell: number): boolean => epochs[cell]! > (stored?.value[cell] ?? 0);
  if (!epochs.some((_, cell) => isNew(cell))) return epochs;
  const affected = (await tenants.list()).filter(({ id }) => isNew(cellOf(id, store.cells)));
  log.warn({ tenants: affected.length }, 'a new epoch: everyone’s snapshot is made');
  for (const id of await erased.list()) if (isNew(cellOf(id, store.cells))) await erased.again(id, holders);
  for (const { id } of affected) await wanted.want(id, { by: 'system', reason: 'a new epoch', rebuild: true });
  await editDocument<number[]>({ store, runtime }, globalScope, doneKey, () => ({ put: { [doneKey]: epochs } }));
  return epochs;
}
