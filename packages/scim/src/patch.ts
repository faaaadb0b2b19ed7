import { isMembers } from './attribute-path.ts';
import type { ResourceType } from './attributes.ts';
import { type Draft, edit, type Verb } from './edit.ts';
import { isObject, ownInAnyCase } from './own.ts';
import { type PatchPath, parsePatchPath, type Target } from './patch-path.ts';
import { finished, type Resource } from './resource.ts';
import { invalidPath, invalidSyntax, invalidValue, mutability, noTarget } from './scim-error.ts';

/** One operation of a PATCH (RFC 7644, 3.5.2). Without a path, the keys of `value` are paths. */
export interface PatchOperation {
  op: Verb | 'remove';
  path?: PatchPath;
  /** Undefined: the operation had none. */
  value: unknown;
}

const verbs = new Set(['add', 'replace', 'remove']);
const mostOperations = 1000;

/** The envelope of a PATCH and its paths. No operations at all is no change: Microsoft's validator sends that. Throws 400. */
export function readPatch(type: ResourceType, body: unknown): PatchOperation[] {
  const operations = isObject(body) ? ownInAnyCase(body, 'operations') : undefined;
  if (!Array.isArray(operations)) throw invalidSyntax('A PATCH has Operations: an array of objects with op, path and value.');
  if (operations.length > mostOperations) throw invalidSyntax(`A PATCH has at most ${mostOperations} operations.`);
  return operations.map((operation) => readOperation(type, operation));
}

function readOperation(type: ResourceType, operation: unknown): PatchOperation {
  if (!isObject(operation)) throw invalidSyntax('Each operation is an object with op, path and value.');
  const given = ownInAnyCase(operation, 'op');
  const op = typeof given === 'string' ? given.toLowerCase() : '';
  if (!verbs.has(op)) throw invalidSyntax('op is add, replace or remove.');
  const text = ownInAnyCase(operation, 'path');
  const value = ownInAnyCase(operation, 'value');
  if (text !== undefined && text !== null && typeof text !== 'string') throw invalidSyntax('path is a string.');
  const path = text ? { path: parsePatchPath(type, text) } : {};
  if (!text && op === 'remove') throw noTarget('remove needs a path that says what to remove.');
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
    for (const operation of operations) apply(draft, operation);
  });
  return { resource: finished(type, edited.resource), ignored: edited.ignored };
}

function apply(draft: Draft, { op, path, value }: PatchOperation): void {
  if (!path) return draft.merge(value as object, op as Verb);
  switch (path.kind) {
    case 'unknown':
      return draft.passOver(path.text);
    case 'core':
      if (op === 'remove' || !isObject(value)) throw invalidPath('The path names a whole schema; name an attribute of it.');
      return draft.merge(value, op);
    case 'extension':
      return op === 'remove' ? draft.dropExtension(path.urn) : draft.mergeExtension(path.urn, value, op);
    default:
      return applyTo(draft, path.target, op, value);
  }
}

function applyTo(draft: Draft, target: Target, op: PatchOperation['op'], value: unknown): void {
  const { attribute, extension } = target;
  if (isMembers(target) || (extension === undefined && attribute.name === 'schemas')) return;
  if (attribute.mutability === 'readOnly') throw mutability(`${attribute.name} is read-only.`);
  return op === 'remove' ? draft.remove(target, value) : draft.set(op, target, value);
}
