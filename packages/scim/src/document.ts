import { type AttributePath, nameIn, valueIn } from './attribute-path.ts';
import { assertFew, type Json, type JsonObject, onePrimary, type PassOver } from './attribute-value.ts';
import { containerIn, isObject, own, spelledIn } from './own.ts';

/**
 * A resource while it is changed: a copy, whose attributes are read and written by path. Values in it are never changed in place: what was
 * not written to is the very value that it was before.
 */
export interface Document {
  objectAt(path: AttributePath): JsonObject | undefined;
  elementsAt(path: AttributePath): readonly Json[];
  /** Undefined unassigns. */
  put(path: AttributePath, value: Json | undefined): void;
  /** Without those that are undefined. `chosen` may be the primary one; then no other is. */
  putElements(path: AttributePath, elements: readonly (Json | undefined)[], chosen?: Json): void;
  dropExtension(urn: string): void;
  passOver: PassOver;
  /** The copy, and the names of what was passed over. */
  close(): { resource: JsonObject; ignored: string[] };
}

const mostPassedOver = 100;

export function openDocument(before: JsonObject): Document {
  const resource = { ...before };
  /** Extensions whose containers are copies, and may be written to. */
  const opened = new Set<string>();
  const ignored = new Set<string>();
  const passOver: PassOver = (name) => {
    if (ignored.size < mostPassedOver) ignored.add(name.slice(0, 128));
  };

  const containerOf = ({ extension }: AttributePath): JsonObject | undefined =>
    extension === undefined ? resource : (containerIn(resource, extension) as JsonObject | undefined);
  const valueAt = (path: AttributePath): unknown => valueIn(containerOf(path), path.attribute);

  /** Where `path` is written to; undefined where its extension is not there. */
  function opening({ extension }: AttributePath): JsonObject | undefined {
    if (extension === undefined) return resource;
    const name = spelledIn(resource, extension);
    const container = own(resource, name) as JsonObject | undefined;
    if (!container || opened.has(name)) return container;
    opened.add(name);
    const copy = { ...container };
    resource[name] = copy;
    return copy;
  }

  function unassign(path: AttributePath): void {
    const { attribute, extension } = path;
    // Nobody says by leaving `active` empty that access ends, nor that it comes back.
    if (extension === undefined && attribute.name === 'active') return passOver('active');
    const container = opening(path);
    if (!container) return;
    delete container[nameIn(container, attribute)];
    if (extension !== undefined && Object.keys(container).length === 0) delete resource[spelledIn(resource, extension)];
  }

  function put(path: AttributePath, value: Json | undefined): void {
    if (value === undefined) return unassign(path);
    const container = opening(path);
    if (container) container[nameIn(container, path.attribute)] = value;
    else resource[path.extension as string] = { [path.attribute.name]: value };
  }

  return {
    objectAt(path) {
      const value = valueAt(path);
      return isObject(value) ? (value as JsonObject) : undefined;
    },
    elementsAt(path) {
      const value = valueAt(path);
      return Array.isArray(value) ? value : [];
    },
    put,
    putElements(path, elements, chosen) {
      const left = elements.filter((element) => element !== undefined);
      assertFew(path.attribute, left);
      put(path, left.length > 0 ? onePrimary(left, chosen) : undefined);
    },
    dropExtension(urn) {
      delete resource[spelledIn(resource, urn)];
    },
    passOver,
    close: () => ({ resource, ignored: [...ignored] }),
  };
}
