import type { ResourceType } from './attributes.ts';
import { edit, withSchemas } from './edit.ts';
import { isObject, own } from './own.ts';
import { type PatchPath, parsePatchPath } from './patch-path.ts';
import { assertRequired, type Resource } from './resource.ts';
import { invalidSyntax, invalidValue, mutability, ScimError } from './scim-error.ts';

/** One operation of a PATCH (RFC 7644, 3.5.2). Without a path, the keys of `value` are paths. */
export interface PatchOperation {
  op: 'add' | 'replace' | 'remove';
  path?: PatchPath;
  /** Undefined: the operation had none. */
  value: unknown;
}

const verbs = new Set(['add', 'replace', 'remove']);
const mostOperations = 1000;

/** Attribute names are case-insensitive everywhere. */
function member(body: Record<string, unknown>, name: string): unknown {
  const key = Object.keys(body).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? undefined : own(body, key);
}

/** The envelope of a PATCH and its paths. No operations at all is no change: Microsoft's validator sends that. Throws 400. */
export function readPatch(type: ResourceType, body: unknown): PatchOperation[] {
  const operations = isObject(body) ? member(body, 'operations') : undefined;
  if (!Array.isArray(operations)) throw invalidSyntax('A PATCH has Operations: an array of objects with op, path and value.');
  if (operations.length > mostOperations) throw invalidSyntax(`A PATCH has at most ${mostOperations} operations.`);
  return operations.map((operation) => readOperation(type, operation));
}

function readOperation(type: ResourceType, operation: unknown): PatchOperation {
  if (!isObject(operation)) throw invalidSyntax('Each operation is an object with op, path and value.');
  const given = member(operation, 'op');
  const op = typeof given === 'string' ? given.toLowerCase() : '';
  if (!verbs.has(op)) throw invalidSyntax('op is add, replace or remove.');
  const text = member(operation, 'path');
  const value = member(operation, 'value');
  if (text !== undefined && text !== null && typeof text !== 'string') throw invalidSyntax('path is a string.');
  const path = text ? { path: parsePatchPath(type, text) } : {};
  if (!text && op === 'remove') throw new ScimError(400, 'remove needs a path that says what to remove.', 'noTarget');
  if (!text && !isObject(value)) throw invalidValue('Without a path, value is an object whose keys are attributes.');
  if (text && op !== 'remove' && value === undefined) throw invalidValue(`${op} needs a value.`);
  return { op: op as PatchOperation['op'], ...path, value };
}

/**
 * The resource after all operations, in order; the given one stays as it is. A group's members are left alone (see member-changes.ts).
 * `ignored`: names that no schema has. Throws 400, and then nothing is changed.
 */
export function applyPatch(
  type: ResourceType,
  resource: Resource,
  operations: readonly PatchOperation[],
): { resource: Resource; ignored: string[] } {
  const edited = edit(type, resource, (draft) => {
    for (const { op, path, value } of operations) {
      if (!path) draft.merge(value as object, op as 'add' | 'replace');
      else if (path.kind === 'unknown') draft.passOver(path.text);
      else if (path.kind === 'extension') op === 'remove' ? draft.removeExtension(path.urn) : draft.mergeExtension(path.urn, value, op);
      else if (path.target.attribute.name === 'members' || path.target.attribute.name === 'schemas') continue;
      else if (path.target.attribute.mutability === 'readOnly') throw mutability(`${path.target.attribute.name} is read-only.`);
      else if (op === 'remove') draft.remove(path.target, value);
      else draft.set(op, path.target, value);
    }
  });
  assertRequired(type, edited.resource);
  return { resource: withSchemas(type, edited.resource), ignored: edited.ignored };
}
