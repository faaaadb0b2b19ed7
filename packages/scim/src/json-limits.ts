import { invalidSyntax } from './scim-error.ts';

export const mostNested = 32;
/** Names that reach an object's prototype. No SCIM attribute is called so. */
const reserved = new Set(['__proto__', 'constructor', 'prototype']);

/** Throws 400 for a body that is nested too deep or names a prototype. Level by level, so that depth costs no stack. */
export function assertJsonShape(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > mostNested) throw invalidSyntax(`The body is nested deeper than ${mostNested} levels.`);
    const next: unknown[] = [];
    for (const node of level) {
      if (node === null || typeof node !== 'object') continue;
      if (Array.isArray(node)) {
        for (const item of node) if (item !== null && typeof item === 'object') next.push(item);
        continue;
      }
      for (const name of Object.keys(node)) {
        if (reserved.has(name)) throw invalidSyntax('The body has an attribute with a reserved name.');
        const child = (node as Record<string, unknown>)[name];
        if (child !== null && typeof child === 'object') next.push(child);
      }
    }
    level = next;
  }
}
