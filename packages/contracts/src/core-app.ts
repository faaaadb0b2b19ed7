import { roles } from '@claras/domain/role';
import { type Static, Type } from 'typebox';
import { Profile } from './events.ts';

/**
 * The core app's side of provisioning: one kind of call, a batch of idempotent changes. Each change is about one facet of the profile of
 * one SCIM user and carries the tenant's sequence at which it was decided; a facet refuses what is not newer than what it has (its fence).
 */
const closed = { additionalProperties: false } as const;
const Id = Type.String({ minLength: 1, maxLength: 128 });
const RoleSchema = Type.Enum([...roles]);
/** `traceparent` (W3C Trace Context): of the request that caused the change; a call holds those of many. */
const Place = { user: Id, sequence: Type.Integer({ minimum: 1 }), traceparent: Type.Optional(Type.String({ maxLength: 55 })) };
/**
 * Said by a snapshot, which brings no news: a role or an access that a hand set since its last event stands, and a user that was deleted
 * in a history that was lost is there again.
 */
const Restated = { restated: Type.Optional(Type.Literal(true)) };
const Text = Type.String({ maxLength: 1024 });

/** Who someone is. `active` is the first access only: it counts where the access facet has no sequence yet (DECISIONS 5). */
export const IdentityChange = Type.Object(
  {
    facet: Type.Literal('identity'),
    ...Place,
    userName: Text,
    email: Type.Optional(Text),
    displayName: Text,
    givenName: Type.Optional(Text),
    familyName: Type.Optional(Text),
    active: Type.Boolean(),
    /** Domains of the tenant's SCIM provider: only an address in one of them links a profile that existed before. */
    linkDomains: Type.Array(Text),
    ...Restated,
  },
  closed,
);
/** The SCIM user is gone (DELETE): its profile is archived and unlinked, and userName is free. */
export const IdentityRemoval = Type.Object({ facet: Type.Literal('removal'), ...Place }, closed);
/** `unlessCurrentRole` is tested in the transaction that writes: the automation never lowers an owner. */
export const RoleChange = Type.Object(
  { facet: Type.Literal('role'), ...Place, role: RoleSchema, unlessCurrentRole: Type.Optional(RoleSchema), ...Restated },
  closed,
);
export const AccessChange = Type.Object(
  { facet: Type.Literal('access'), ...Place, access: Type.Union([Type.Literal('active'), Type.Literal('archived')]), ...Restated },
  closed,
);
export const CoreChange = Type.Union([IdentityChange, IdentityRemoval, RoleChange, AccessChange]);
export type IdentityChange = Static<typeof IdentityChange>;
export type IdentityRemoval = Static<typeof IdentityRemoval>;
export type RoleChange = Static<typeof RoleChange>;
export type AccessChange = Static<typeof AccessChange>;
export type CoreChange = Static<typeof CoreChange>;

/** At most this many changes in one call. */
export const changesPerCall = 500;

/**
 * What became of one change. `unchanged`: newer than the facet, and nothing to do. `stale`: not newer than the facet, or newer than the removal
 * of its user. `refused`: a rule forbids it; the fence advances all the same.
 */
export const CoreOutcome = Type.Object(
  {
    outcome: Type.Union([Type.Literal('applied'), Type.Literal('unchanged'), Type.Literal('stale'), Type.Literal('refused')]),
    reason: Type.Optional(Type.String()),
  },
  closed,
);
export type CoreOutcome = Static<typeof CoreOutcome>;

/** Active profiles of a tenant and the version of the team at which they were counted (the team topic's sequence). */
export const Seats = Type.Object({ active: Type.Integer(), version: Type.Integer() }, closed);
export type Seats = Static<typeof Seats>;

/** SCIM users that are linked to a profile and of whose identity nothing was heard since a sequence. `next`: go on behind it. */
export const LinkedPage = Type.Object({ users: Type.Array(Id), next: Type.Optional(Id) }, closed);
export type LinkedPage = Static<typeof LinkedPage>;

/** By hand on the Team page; `by` whom, for the audit log. */
const By = { by: Type.Optional(Type.String({ maxLength: 256 })) };
export const TeamCommand = Type.Union([
  Type.Object({ command: Type.Literal('change-role'), role: RoleSchema, ...By }, closed),
  Type.Object({ command: Type.Literal('archive'), ...By }, closed),
  Type.Object({ command: Type.Literal('restore'), unlessCurrentRole: Type.Optional(RoleSchema), ...By }, closed),
]);
export type TeamCommand = Static<typeof TeamCommand>;

export const NewProfile = Type.Object({ email: Text, displayName: Text, role: RoleSchema }, closed);
export type NewProfile = Static<typeof NewProfile>;

/** What a hand changed of a profile since the last event about it. */
export const ByHand = Type.Object({ role: Type.Optional(Type.Literal(true)), access: Type.Optional(Type.Literal(true)) }, closed);
export type ByHand = Static<typeof ByHand>;

/**
 * `version`: of the team when the page was read, or an earlier one: as in {@link Seats}. `byHand`: by profile, of those whom a hand changed.
 */
export const TeamPage = Type.Object(
  {
    profiles: Type.Array(Profile),
    byHand: Type.Optional(Type.Record(Id, ByHand)),
    total: Type.Integer(),
    version: Type.Integer(),
    next: Type.Optional(Type.String()),
  },
  closed,
);
export type TeamPage = Static<typeof TeamPage>;
