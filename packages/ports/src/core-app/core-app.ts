import type { CoreChange, CoreOutcome, LinkedPage, NewProfile, Seats, TeamCommand, TeamPage } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';

/** The core app as provisioning sees it: the consumers' one call, and the count that billing reads. */
export interface CoreApp {
  /** One outcome for each change, in order. The batch is not atomic, a change is. At most `changesPerCall`. */
  apply(tenant: string, changes: readonly CoreChange[]): Promise<CoreOutcome[]>;
  seats(tenant: string): Promise<Seats>;
  /** Linked users whose identity was last heard of before `sequence`: after a snapshot, those that it did not name. */
  linkedBefore(tenant: string, sequence: number, page: { after?: string; limit: number }): Promise<LinkedPage>;
}

/** The core app as its own Team page sees it: people, by hand, and their sessions. */
export interface Team {
  list(tenant: string, page: { after?: string; limit: number }): Promise<TeamPage>;
  /** Throws {@link TeamRefusal} where a rule forbids it (the last active owner). */
  byHand(tenant: string, profile: string, command: TeamCommand): Promise<Profile>;
  /** A profile from before SCIM: made by an SSO sign-in or by hand. */
  create(tenant: string, profile: NewProfile): Promise<Profile>;
  /** Opens a session for an active profile: its token. Refused (undefined) for anyone else. */
  signIn(tenant: string, email: string): Promise<string | undefined>;
  /**
   * The active profile behind a session; undefined for ever once that profile was archived after the session began, it was ended, or nobody
   * asked for it for long.
   */
  session(tenant: string, token: string): Promise<Profile | undefined>;
  /** Ends a session; one that is none has ended already. */
  signOut(tenant: string, token: string): Promise<void>;
  /**
   * Erases everybody of a tenant, for good, and tells it on the team's topic. `sequence`: of the directory's `tenant.erased`; the same twice is told
   * once. Later changes are stale, and nobody can be made or signed in any more.
   */
  erase(tenant: string, sequence: number): Promise<void>;
}

/** `current-role`: who has this role is not restored so. */
export const teamRefusals = ['not-found', 'last-owner', 'email-taken', 'current-role'] as const;
export type TeamRefusalCode = (typeof teamRefusals)[number];

/** A rule of the Team page said no. */
export class TeamRefusal extends Error {
  override name = 'TeamRefusal';
  readonly retryable = false;
  readonly code: TeamRefusalCode;
  constructor(code: TeamRefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

export class CoreAppUnavailable extends Error {
  override name = 'CoreAppUnavailable';
  readonly retryable = true;
}
