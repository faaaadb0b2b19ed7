const address = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** E-mail addresses are compared without case, in one Unicode form, and without the dot that may end a domain (RFC 1034, 3.1). */
export const emailKey = (email: string): string => email.normalize('NFKC').trim().toLowerCase().replace(/\.$/, '');

export const domainOf = (email: string): string => emailKey(email).slice(emailKey(email).lastIndexOf('@') + 1);

export const isEmail = (value: unknown): value is string => typeof value === 'string' && value.length <= 254 && address.test(value);

export interface Addressed {
  userName: string;
  emails?: readonly { value?: unknown; type?: unknown; primary?: unknown }[];
}

/** A profile's e-mail: the primary one, else work, else userName when it is an address (DECISIONS 5). */
export function profileEmail(user: Addressed): string | undefined {
  const emails = (user.emails ?? []).filter((entry) => isEmail(entry.value));
  const chosen = emails.find((entry) => entry.primary === true) ?? emails.find((entry) => entry.type === 'work');
  if (chosen) return chosen.value as string;
  return isEmail(user.userName) ? user.userName : undefined;
}
