import { roles } from '@claras/domain/role';
import { type Static, Type } from 'typebox';

/**
 * Every event that crosses a process boundary. One schema is type and JSON Schema at once; `topics.ts` says who writes and reads which.
 * Facts are in the past tense. Each carries the full snapshot of its subject, except group members, which travel as differences.
 */
const open = { additionalProperties: true } as const;
const closed = { additionalProperties: false } as const;
const Id = Type.String({ minLength: 1, maxLength: 128 });

/** A SCIM user as stored (RFC 7643, 4.1): every attribute that was sent, canonical names, without meta and groups. */
export const UserSnapshot = Type.Object({ id: Id, userName: Type.String(), active: Type.Boolean() }, open);
export type UserSnapshot = Static<typeof UserSnapshot>;

/** A SCIM group as stored (RFC 7643, 4.2), without its members. */
export const GroupSnapshot = Type.Object({ id: Id, displayName: Type.String() }, open);
export type GroupSnapshot = Static<typeof GroupSnapshot>;

const Changed = Type.Array(Type.String(), { description: 'top-level attributes whose value changed' });
const Ids = Type.Array(Id, { maxItems: 500 });

const GroupNames = Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 100 }));
/** Role Mapping (M6): zero or more group names for each role. */
export const RoleMappingSchema = Type.Object(
  { owner: GroupNames, manager: GroupNames, adviser: GroupNames, assistant: GroupNames },
  closed,
);

/** The provider of a tenant that has SCIM on, as far as provisioning is concerned; null while SCIM is off. */
export const Provisioning = Type.Union([
  Type.Object({ provider: Id, domains: Type.Array(Type.String()), mapping: RoleMappingSchema }, closed),
  Type.Null(),
]);
export type Provisioning = Static<typeof Provisioning>;

/** Facts of a tenant's directory: topic `claras.directory.v1`. Key = event type after the prefix. */
export const directoryEvents = {
  'user.created': Type.Object({ user: UserSnapshot }, closed),
  'user.updated': Type.Object({ user: UserSnapshot, changed: Changed }, closed),
  'user.deleted': Type.Object({ id: Id, userName: Type.String() }, closed),
  'group.created': Type.Object({ group: GroupSnapshot }, closed),
  'group.updated': Type.Object({ group: GroupSnapshot, changed: Changed }, closed),
  'group.deleted': Type.Object({ id: Id }, closed),
  /** Adding a member that is one already, or removing one that is none, changes nothing. */
  'group.members.changed': Type.Object({ group: Id, added: Ids, removed: Ids }, closed),
  'group.members.cleared': Type.Object({ group: Id }, closed),
  'provisioning.changed': Type.Object({ provisioning: Provisioning }, closed),
  /**
   * The whole directory of the tenant follows, in parts, each as of its place in the sequence; other events go on between them. A reader that
   * missed something begins anew here: whatever was before is superseded. `rebuild`: every reader shall.
   */
  'snapshot.started': Type.Object({ provisioning: Provisioning, reason: Type.String(), rebuild: Type.Boolean() }, closed),
  'snapshot.users': Type.Object({ users: Type.Array(UserSnapshot, { maxItems: 100 }) }, closed),
  'snapshot.groups': Type.Object({ groups: Type.Array(GroupSnapshot, { maxItems: 100 }) }, closed),
  /** Some of a group's members. */
  'snapshot.members': Type.Object({ group: Id, members: Ids }, closed),
  /** Whoever was neither named since the start nor in an event since does not exist. */
  'snapshot.finished': Type.Object({ users: Type.Integer(), groups: Type.Integer() }, closed),
  /** The tenant was erased. It supersedes all that was said before, and nothing follows: whoever reads it erases all it has of the tenant. */
  'tenant.erased': Type.Object({}, closed),
};

/** The event by which a tenant was erased, where it is among these. */
export const erasureAmong = <E extends { type: string }>(events: readonly E[]): E | undefined =>
  events.findLast(({ type }) => type === 'tenant.erased');

const RoleSchema = Type.Enum([...roles]);
const Status = Type.Union([Type.Literal('active'), Type.Literal('archived')]);

/** A person on the Team page. `scimId` is the SCIM user it is linked to, absent for a profile that SCIM does not know. */
export const Profile = Type.Object(
  {
    id: Id,
    scimId: Type.Optional(Id),
    email: Type.Optional(Type.String()),
    userName: Type.Optional(Type.String()),
    displayName: Type.String(),
    givenName: Type.Optional(Type.String()),
    familyName: Type.Optional(Type.String()),
    role: RoleSchema,
    status: Status,
  },
  closed,
);
export type Profile = Static<typeof Profile>;

/**
 * `by`: whoever did it by hand. `before`: role and status that the profile had; absent for a new one. `linked`: the profile was there before, of no
 * SCIM user, and is `profile.scimId`'s now. `owners`: active owners of the team from here on, where this changed who they are.
 */
const Team = Type.Object(
  {
    profile: Profile,
    cause: Type.Union([Type.Literal('scim'), Type.Literal('hand')]),
    by: Type.Optional(Type.String()),
    before: Type.Optional(Type.Object({ role: RoleSchema, status: Status }, closed)),
    linked: Type.Optional(Type.Literal(true)),
    owners: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  closed,
);

/** Facts of a tenant's team: topic `claras.team.v1`. */
export const teamEvents = {
  'profile.created': Team,
  'profile.updated': Team,
  'profile.role.changed': Team,
  'profile.archived': Team,
  'profile.restored': Team,
  /** Every profile of the tenant was erased. As in the directory, nothing follows. */
  'tenant.erased': Type.Object({}, closed),
};

const Sequence = Type.Integer({ minimum: 1 });
/** What became of one change that a consumer asked of the core app. */
export const ChangeResult = Type.Object(
  {
    sequence: Sequence,
    user: Id,
    facet: Type.Enum(['identity', 'removal', 'role', 'access']),
    outcome: Type.Enum(['applied', 'unchanged', 'stale', 'refused']),
    reason: Type.Optional(Type.String()),
  },
  closed,
);
export type ChangeResult = Static<typeof ChangeResult>;

const Seats = { quantity: Type.Integer(), version: Type.Integer() };

/** What became of a tenant's requests, directory events and seats: topic `claras.outcome.v1`. The sequence of these is that of the consumer and tenant. */
export const outcomeEvents = {
  /** Every directory event up to `through` is done in this consumer; `results` of the changes that they led to. */
  'events.settled': Type.Object(
    { consumer: Type.String(), through: Type.Integer({ minimum: 0 }), results: Type.Array(ChangeResult, { maxItems: 500 }) },
    closed,
  ),
  /**
   * The edge refused a write; `request` and `subject` say which. `after`: the directory's sequence then. `more`: so many others were refused in
   * that minute and are not told by themselves.
   */
  'request.refused': Type.Object(
    {
      status: Type.Integer({ minimum: 400, maximum: 499 }),
      scimType: Type.Optional(Type.String()),
      detail: Type.String(),
      key: Id,
      after: Type.Integer({ minimum: 0 }),
      more: Type.Optional(Type.Integer({ minimum: 1 })),
    },
    closed,
  ),
  /**
   * The edge took a write without some of it. `ignored`: names of attributes that no schema has, and `members` where one of them is no user. The
   * rest as in `request.refused`.
   */
  'request.ignored': Type.Object(
    {
      ignored: Type.Array(Type.String({ maxLength: 256 }), { minItems: 1, maxItems: 50 }),
      key: Id,
      after: Type.Integer({ minimum: 0 }),
      more: Type.Optional(Type.Integer({ minimum: 1 })),
    },
    closed,
  ),
  /** The billing system took a quantity. `before`: what it had as far as is known. */
  'seats.billed': Type.Object({ ...Seats, before: Type.Union([Type.Integer(), Type.Null()]), key: Type.String() }, closed),
  /** A swing downward waits for an approval: `before` is billed, `quantity` is counted. */
  'seats.held': Type.Object({ ...Seats, before: Type.Integer() }, closed),
  /** The billing system said no: `kind` as in the port. */
  'seats.refused': Type.Object({ ...Seats, kind: Type.String(), reason: Type.String() }, closed),
  /** The re-check of everyone after the mapping event `sequence`: profiles in mapped groups that were looked at, and of those the changed. */
  'recheck.progressed': Type.Object(
    { sequence: Sequence, done: Type.Integer(), total: Type.Integer(), changed: Type.Integer(), finished: Type.Boolean() },
    closed,
  ),
};

/** What somebody decided, for the consumer that obeys: topic `claras.control.v1`. */
export const controlEvents = {
  /** The held quantity may be billed. */
  'seats.approved': Type.Object({ quantity: Type.Integer(), by: Type.String() }, closed),
};

/** What a reader needs, ours or a subscriber's: topic `claras.request.v1`, apart from what somebody decides. Asked again until it comes; `sequence` is the time. */
export const requestEvents = {
  /** A reader of the directory's events stands still behind `applied` and asks for a snapshot. */
  'snapshot.requested': Type.Object(
    {
      consumer: Type.String({ minLength: 1, maxLength: 64 }),
      applied: Type.Integer({ minimum: 0 }),
      reason: Type.String({ maxLength: 200 }),
    },
    closed,
  ),
};

type Facts<Table extends Record<string, ReturnType<typeof Type.Object>>> = {
  [Type in keyof Table & string]: { type: Type; data: Static<Table[Type]> };
}[keyof Table & string];

export type DirectoryFact = Facts<typeof directoryEvents>;
export type TeamFact = Facts<typeof teamEvents>;
/** What is told of one person. */
export type ProfileFact = Exclude<TeamFact, { type: 'tenant.erased' }>;
export type OutcomeFact = Facts<typeof outcomeEvents>;
export type ControlFact = Facts<typeof controlEvents>;
export type RequestFact = Facts<typeof requestEvents>;
export type Fact = DirectoryFact | TeamFact | OutcomeFact | ControlFact | RequestFact;

/** Where an event stands: its tenant's sequence (1, 2, 3 … without gaps, for each source and epoch: see sequence.ts), and when it was committed. */
export interface Position {
  tenant: string;
  sequence: number;
  /** ISO 8601, UTC. */
  time: string;
  /** W3C Trace Context of the request that caused it. */
  traceparent?: string;
  /** Its method and path: `PATCH /Users/<id>`. */
  request?: string;
}

export type Positioned<F extends Fact> = F & Position & { id: string; subject: string };
export type DirectoryEvent = Positioned<DirectoryFact>;
export type TeamEvent = Positioned<TeamFact>;
export type ProfileEvent = Positioned<ProfileFact>;
export type OutcomeEvent = Positioned<OutcomeFact>;
