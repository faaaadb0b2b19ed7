/** A tenant's id: what keys, events and the command line call it. Lower-case letters, digits and single hyphens, 1 to 40 characters. */
export const isTenantId = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 40 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value);

/** "Hill & Sons Ltd." → "hill-sons-ltd". Empty when the name has no letter or digit that can stand in an id. */
export const tenantIdFromName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
