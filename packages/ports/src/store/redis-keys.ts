import { cellOf } from '../cell.ts';
import { partsOf } from './scope.ts';
import type { Scope } from './store.ts';

/** Names in Redis. All keys of a cell share a hash tag, so that they stand on one node of a cluster. */
export const tagOf = (cell: number): string => `{c${cell}}`;
export const outboxKey = (service: string, cell: number): string => `${tagOf(cell)}:outbox:${service}`;
export const leaseKey = (service: string, cell: number): string => `${tagOf(cell)}:lease:${service}`;
/** Where a cell's epoch stands. */
export const epochKey = (cell: number): string => `${tagOf(cell)}:epoch`;
/** Told of the cell when something was appended to an outbox. */
export const appendChannel = (service: string): string => `claras:appended:${service}`;
/** With how many cells the data were made. */
export const cellsKey = 'claras:cells';

/** Where a change goes. */
export interface Place {
  documents: string;
  state: string;
  changes: string;
  olderChanges: string;
  outbox: string;
  epoch: string;
  index(name: string): string;
  tenant: string;
  channel: string;
  cell: number;
}

export function placeOf(scope: Scope, cells: number): Place {
  const { service, tenant } = partsOf(scope);
  const cell = cellOf(tenant, cells);
  const name = `${tagOf(cell)}:${scope}`;
  return {
    documents: `${name}:documents`,
    state: `${name}:state`,
    changes: `${name}:changes`,
    olderChanges: `${name}:changes:older`,
    outbox: outboxKey(service, cell),
    epoch: epochKey(cell),
    index: (index) => `${name}:index:${index}`,
    tenant,
    channel: appendChannel(service),
    cell,
  };
}
