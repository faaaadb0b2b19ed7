import type { Profile } from '@claras/contracts/events';

/** What the log is asked for, as the REST API takes it. */
export interface LogSearch {
  /** SCIM id or userName. */
  user?: string;
  /** The beginning of a type. */
  type?: string;
  refused?: boolean;
}

/** What an entry can be about, by the beginning of its type. */
export const topics = [
  { value: 'user', label: 'People' },
  { value: 'user.created', label: 'People who were added' },
  { value: 'user.deleted', label: 'People who were deleted' },
  { value: 'group', label: 'Groups and their members' },
  { value: 'request.ignored', label: 'Requests that were taken in part' },
  { value: 'provisioning', label: 'SCIM settings and Role Mapping' },
  { value: 'snapshot', label: 'Going through all once more' },
];

/**
 * Whom a text names: by the whole name, e-mail address or user name, or by a part that only one of the team has. `fit`: how many others it may
 * mean. Whoever is not in the team any more is known to the log by the user name, as it was typed.
 */
export function personIn(profiles: readonly Profile[], text: string): { user?: string; fit?: number } {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return {};
  const linked = profiles.filter(({ scimId }) => scimId !== undefined);
  const words = ({ displayName, email, userName }: Profile) => [displayName, email, userName].map((word) => word?.toLowerCase());
  const exact = linked.filter((profile) => words(profile).includes(wanted));
  const fitting = exact.length > 0 ? exact : linked.filter((profile) => words(profile).some((word) => word?.includes(wanted)));
  if (fitting.length > 1) return { fit: fitting.length };
  return { user: fitting[0]?.scimId ?? text.trim() };
}
