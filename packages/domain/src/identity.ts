import { type Addressed, profileEmail } from './email.ts';

/** As much of a SCIM user as an identity is made of (RFC 7643, 4.1). */
export type Named = Addressed & { displayName?: unknown; name?: unknown };

/** Who someone is, as the profile shows it. */
export interface Identity {
  userName: string;
  displayName: string;
  email?: string;
  givenName?: string;
  familyName?: string;
}

/** What Claras makes of a SCIM user: the name that is shown is displayName, else the formatted name, else its parts, else userName. */
export function identityOf(user: Named): Identity {
  const userName = bounded(user.userName);
  const email = profileEmail(user);
  const { formatted, givenName, familyName } = nameOf(user);
  const full = [givenName, familyName].filter((part) => part !== undefined).join(' ');
  return {
    userName,
    displayName: text(user.displayName) ?? formatted ?? (full ? bounded(full) : userName),
    ...(email === undefined ? {} : { email }),
    ...(givenName === undefined ? {} : { givenName }),
    ...(familyName === undefined ? {} : { familyName }),
  };
}

/** The parts of `name` that say something (RFC 7643, 4.1.1). */
function nameOf({ name }: Named): { formatted?: string | undefined; givenName?: string | undefined; familyName?: string | undefined } {
  if (typeof name !== 'object' || name === null) return {};
  const { formatted, givenName, familyName } = name as Record<string, unknown>;
  return { formatted: text(formatted), givenName: text(givenName), familyName: text(familyName) };
}

/** What the core app takes of a text. */
const bounded = (value: string): string => value.slice(0, 1024);
const text = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? bounded(value.trim()) : undefined);
