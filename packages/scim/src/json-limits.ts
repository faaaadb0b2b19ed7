import { invalidSyntax } from './scim-error.ts';

/** In bytes. */
export const longestBody = 1024 * 1024;
const mostNested = 32;
/** Names that reach an object's prototype. No SCIM attribute is called so. */
const reserved = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Throws 400 for a body that is nested too deep, names a prototype, or holds text that no store keeps as it is: NUL and halves of surrogate
 * pairs. Level by level, so that depth costs no stack.
 */
export function assertJsonShape(value: unknown): void {
  let next: object[] = [];
  const look = (part: unknown): void => {
    if (typeof part === 'string') assertText(part);
    else if (part !== null && typeof part === 'object') next.push(part);
  };
  look(value);
  for (let depth = 1; next.length > 0; depth++) {
    if (depth > mostNested) throw invalidSyntax(`The body is nested deeper than ${mostNested} levels.`);
    const level = next;
    next = [];
    for (const node of level) {
      if (!Array.isArray(node)) for (const name of Object.keys(node)) assertName(name);
      for (const part of Object.values(node)) look(part);
    }
  }
}

function assertName(name: string): void {
  if (reserved.has(name)) throw invalidSyntax('The body has an attribute with a reserved name.');
  assertText(name);
}

function assertText(text: string): void {
  if (text.includes('\0') || !text.isWellFormed()) throw invalidSyntax('The body has text that is not Unicode, or a NUL character in it.');
}
