import type { Origin } from '@claras/directory/resources';
import type { Durable } from '@claras/directory/transact';
import type { ScimError } from '@claras/scim/scim-error';
import type { EdgeMetrics } from './edge-metrics.ts';
import { type AskedWrite, toldWrites } from './told-writes.ts';

/** Whose key it is. */
export interface Caller {
  tenant: string;
  /** Id of the API key, or of the trust in Entra. */
  key: string;
}

/** A write that was refused. */
interface RefusedWrite extends AskedWrite {
  answer: ScimError;
}

const endpoints: Record<string, string> = { users: 'Users', groups: 'Groups' };

/** `Users/<id>`, `Users`, or that it was something else. */
function subjectOf({ request = '' }: Origin): string {
  const [, endpoint = '', id] = /^\S+ \/+([^/]*)(?:\/+([\w-]{1,128})\/*$)?/.exec(request) ?? [];
  const known = endpoints[endpoint.toLowerCase()];
  return known && id ? `${known}/${id}` : (known ?? 'Requests');
}

/** Tells which writes the edge refused. */
export const refusedWrites = (durable: Durable, metrics?: EdgeMetrics) =>
  toldWrites<RefusedWrite>(durable, {
    mostInAMinute: 20,
    said({ origin, answer: { status, message: detail, scimType } }, about) {
      const data = { status, detail, ...about, ...(scimType ? { scimType } : {}) };
      return { fact: { type: 'request.refused', data }, subject: subjectOf(origin) };
    },
    counted: (result) => metrics?.refusedWrites.inc({ result }),
  });
