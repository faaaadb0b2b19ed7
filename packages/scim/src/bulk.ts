import { longestBody } from './json-limits.ts';
import { isObject, ownInAnyCase } from './own.ts';
import { invalidSyntax, payloadTooLarge, ScimError } from './scim-error.ts';

export const bulkLimits = { maxOperations: 1000, maxPayloadSize: longestBody };

/** One operation of a bulk request (RFC 7644, 3.7), not yet looked into. */
export interface BulkOperation {
  method: string;
  path: string;
  bulkId?: string;
  /** ETag that must still be that of the resource. */
  version?: string;
  data: unknown;
}

export interface BulkRequest {
  operations: BulkOperation[];
  /** After so many errors the rest is left undone; endless where the request does not say. */
  failOnErrors: number;
}

const requestSchema = 'urn:ietf:params:scim:api:messages:2.0:bulkrequest';
export const bulkResponseSchema = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';

/** Throws 400 invalidSyntax, or 413 for more operations than are announced. */
export function readBulk(body: unknown): BulkRequest {
  const schemas = isObject(body) ? ownInAnyCase(body, 'schemas') : undefined;
  if (!isObject(body) || !Array.isArray(schemas) || !schemas.some((schema) => String(schema).toLowerCase() === requestSchema))
    throw invalidSyntax('The body is a bulk request, with "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"].');
  const given = ownInAnyCase(body, 'operations');
  if (!Array.isArray(given)) throw invalidSyntax('A bulk request has Operations: an array of objects with method, path and data.');
  if (given.length > bulkLimits.maxOperations)
    throw payloadTooLarge(`A bulk request has at most ${bulkLimits.maxOperations} operations; send the others in another one.`);
  const operations = given.map(readOperation);
  const ids = operations.flatMap(({ bulkId }) => bulkId ?? []);
  if (new Set(ids).size < ids.length) throw invalidSyntax('Each bulkId may be given once in a request.');
  return { operations, failOnErrors: readFailOnErrors(ownInAnyCase(body, 'failonerrors')) };
}

function readOperation(operation: unknown): BulkOperation {
  if (!isObject(operation)) throw invalidSyntax('Each operation is an object with method, path and data.');
  const text = (name: string): string | undefined => {
    const value = ownInAnyCase(operation, name);
    if (value !== undefined && value !== null && typeof value !== 'string') throw invalidSyntax(`${name} of an operation is a string.`);
    return value || undefined;
  };
  const [bulkId, version] = [text('bulkid'), text('version')];
  return {
    method: (text('method') ?? '').toUpperCase(),
    path: text('path') ?? '',
    ...(bulkId ? { bulkId } : {}),
    ...(version ? { version } : {}),
    data: ownInAnyCase(operation, 'data'),
  };
}

function readFailOnErrors(given: unknown): number {
  if (given === undefined || given === null) return Number.POSITIVE_INFINITY;
  if (!Number.isInteger(given) || (given as number) < 1) throw invalidSyntax('failOnErrors is a whole number from 1 on.');
  return given as number;
}

/** `bulkId:ann` alone, or at the end of a path. */
const reference = /^((?:[^\s"]*\/)?)bulkId:([^\s"/]+)$/i;
/** The same in quotes: in the filter of a PATCH path. */
const quoted = /"bulkId:([^\s"/]+)"/gi;

/** The operation with an id for each `bulkId:…` in it, wherever it stands: path, data, paths inside a PATCH. */
export function withIds(operation: BulkOperation, idOf: (bulkId: string) => string): BulkOperation {
  const inText = (text: string): string =>
    text
      .replace(reference, (_, path: string, bulkId: string) => `${path}${idOf(bulkId)}`)
      .replace(quoted, (_, bulkId: string) => JSON.stringify(idOf(bulkId)));
  const inValue = (value: unknown): unknown => {
    if (typeof value === 'string') return inText(value);
    if (Array.isArray(value)) return value.map(inValue);
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inValue(part)])) : value;
  };
  return { ...operation, path: inText(operation.path), data: inValue(operation.data) };
}

/** The bulkIds that an operation refers to. */
export function referencesOf(operation: BulkOperation): string[] {
  const found = new Set<string>();
  withIds(operation, (bulkId) => {
    found.add(bulkId);
    return bulkId;
  });
  return [...found];
}

/**
 * Places of the operations in an order in which what is referred to comes first, else as they were sent. A circle is cut anywhere: ids are given
 * before anything is made, so that the one who comes first can refer to the one who comes last (RFC 7644, 3.7.1).
 */
export function bulkOrder(operations: readonly BulkOperation[]): number[] {
  const placeOf = new Map(operations.flatMap(({ bulkId }, place) => (bulkId ? [[bulkId, place] as const] : [])));
  const order = new Set<number>();
  const entered = new Set<number>();
  function visit(place: number): void {
    if (entered.has(place)) return;
    entered.add(place);
    for (const bulkId of referencesOf(operations[place] as BulkOperation)) {
      const other = placeOf.get(bulkId);
      if (other !== undefined) visit(other);
    }
    order.add(place);
  }
  for (const place of operations.keys()) visit(place);
  return [...order];
}

export const unresolved = (bulkId: string): ScimError =>
  new ScimError(409, `No operation of this request made a resource for the bulkId “${bulkId.slice(0, 64)}”.`, 'invalidValue');
