import { apiScopes } from '@claras/domain/api-key';
import { uuid } from '@claras/domain/federation';
import { roles } from '@claras/domain/role';
import { roleReasons } from '@claras/domain/role-explanation';
import { type Static, Type } from 'typebox';
import { Profile, RoleMappingSchema } from './events.ts';

/** The REST API under /api/v1, which the console and `claras-scim` talk to. People are `Profile` and `TeamPage` of the core app. */
const closed = { additionalProperties: false } as const;
const list = <Item extends Parameters<typeof Type.Array>[0]>(item: Item) => Type.Object({ items: Type.Array(item) }, closed);

const Name = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' });
const Time = Type.String({ description: 'ISO 8601, UTC' });
/** A DNS name with at least two labels (RFC 1035, 2.3.1). */
const Domain = Type.String({ maxLength: 253, pattern: '^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z0-9-]{2,63}$' });
const Domains = Type.Array(Domain, { maxItems: 100 });
const Version = Type.Integer({ minimum: 0 });

export const Tenant = Type.Object({ id: Type.String(), name: Type.String(), created: Time }, closed);
export type Tenant = Static<typeof Tenant>;
export const TenantList = list(Tenant);
/** `scim`: begin with a provider "Entra" that has SCIM on. Without it SCIM is off (M1). */
export const NewTenant = Type.Object({ name: Name, domains: Type.Optional(Domains), scim: Type.Optional(Type.Boolean()) }, closed);
export type NewTenant = Static<typeof NewTenant>;

const Uuid = Type.String({ pattern: uuid.source });
const FederationClaims = {
  entraTenant: Uuid,
  application: Uuid,
  objectId: Type.Optional(Uuid),
};
/** What an assertion of Entra must say: workload identity federation, in place of a secret. */
export const NewFederation = Type.Object(
  {
    ...FederationClaims,
    audience: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, pattern: '^\\S+$', description: 'api://<application> where it is not said' }),
    ),
  },
  closed,
);
export type NewFederation = Static<typeof NewFederation>;
export const Federation = Type.Object({ id: Type.String(), ...FederationClaims, audience: Type.String() }, closed);
export type Federation = Static<typeof Federation>;

/** SCIM requests of a tenant in the last 24 hours, by full hours; reads are not counted. */
export const RequestCounts = Type.Object(
  {
    since: Time,
    ok: Type.Optional(Type.Integer({ description: 'changed something; absent where more than 500 were refused' })),
    refused: Type.Integer({
      description: 'by the edge or by a rule, as they stand in the provisioning log; at least so many without `ok`',
    }),
  },
  closed,
);
export type RequestCounts = Static<typeof RequestCounts>;

const Protocol = Type.Enum(['saml', 'oidc']);
export const Provider = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    protocol: Protocol,
    domains: Type.Array(Type.String()),
    scim: Type.Boolean(),
    additiveMembers: Type.Boolean({ description: 'a PATCH that replaces the members of a group adds to them; off: it is all of them' }),
    federation: Type.Optional(Federation),
    mapping: RoleMappingSchema,
    settings: Type.Optional(Type.Unknown()),
    version: Version,
    /** When the identity provider last asked with one of the tenant's keys, to the minute; only while SCIM is on. */
    lastRequest: Type.Optional(Time),
    /** In the list of providers; only while SCIM is on. */
    requests: Type.Optional(RequestCounts),
  },
  closed,
);
export type Provider = Static<typeof Provider>;
export const ProviderList = list(Provider);
/** `settings`: what sign-in needs; kept as it came, and touched by nothing here. */
export const NewProvider = Type.Object(
  { name: Name, protocol: Type.Optional(Protocol), domains: Type.Optional(Domains), settings: Type.Optional(Type.Unknown()) },
  closed,
);
export type NewProvider = Static<typeof NewProvider>;
export const ProviderChange = Type.Object(
  { scim: Type.Optional(Type.Boolean()), additiveMembers: Type.Optional(Type.Boolean()), domains: Type.Optional(Domains) },
  { ...closed, minProperties: 1 },
);
export type ProviderChange = Static<typeof ProviderChange>;

export const VersionedMapping = Type.Object({ mapping: RoleMappingSchema, version: Version }, closed);
export type VersionedMapping = Static<typeof VersionedMapping>;
/** `version`: the one that was read; where a newer one stands, the answer is 409 with that one as `current`. */
export const MappingChange = Type.Object({ mapping: RoleMappingSchema, version: Version }, closed);
export type MappingChange = Static<typeof MappingChange>;

/** A mapping that is not saved (yet). */
export const MappingDraft = Type.Object({ mapping: RoleMappingSchema }, closed);
export type MappingDraft = Static<typeof MappingDraft>;

const RoleName = Type.Enum([...roles]);
const Someone = Type.Object(
  { id: Type.String(), displayName: Type.String(), email: Type.Optional(Type.String()), status: Type.Enum(['active', 'archived']) },
  closed,
);
/** Groups that give somebody a role, the one that wins first. */
const Because = Type.Array(Type.Object({ group: Type.String(), role: RoleName }, closed));
const counted = <Item extends Parameters<typeof Type.Array>[0]>(item: Item) =>
  Type.Object({ total: Type.Integer(), items: Type.Array(item, { description: 'the first 500' }) }, closed);
/** What saving a mapping would do. */
export const MappingPreview = Type.Object(
  {
    version: Version,
    inForce: Type.Boolean({ description: 'SCIM is on for this provider, so that saving does what is shown here' }),
    checked: Type.Integer({ description: 'profiles of the team' }),
    changes: counted(Type.Object({ profile: Someone, from: RoleName, to: RoleName, because: Because }, closed)),
    /** Owners whom the mapping would give a lower role; they stay owners (M10). */
    owners: counted(Type.Object({ profile: Someone, wanted: RoleName, because: Because }, closed)),
    roles: Type.Array(Type.Object({ role: RoleName, before: Type.Integer(), after: Type.Integer() }, closed)),
    seats: Type.Object({ before: Type.Integer(), after: Type.Integer() }, closed),
  },
  closed,
);
export type MappingPreview = Static<typeof MappingPreview>;

/** Why somebody has the role that they have; the reasons: domain/role-explanation.ts. */
export const RoleExplanation = Type.Object(
  {
    profile: Someone,
    role: RoleName,
    reason: Type.Enum([...roleReasons]),
    scim: Type.Boolean({ description: 'some provider of the tenant has SCIM on, so that its role mapping counts' }),
    given: Type.Optional(Type.Enum([...roles], { description: 'what the role mapping gives; absent where no group matches' })),
    because: Because,
    others: Type.Array(Type.String(), { description: 'groups of the person that no row of the role mapping names' }),
    last: Type.Optional(
      Type.Object(
        { at: Time, by: Type.String({ description: 'scim, or as in the audit log' }), to: RoleName },
        { ...closed, description: 'the last change of the role that the audit log has' },
      ),
    ),
  },
  closed,
);
export type RoleExplanation = Static<typeof RoleExplanation>;

/** Where a SCIM user and its profile do not agree. */
export const Difference = Type.Object(
  {
    user: Type.String({ description: 'SCIM id' }),
    name: Type.String(),
    profile: Type.Optional(Type.String()),
    kind: Type.Enum(['missing', 'identity', 'access', 'role', 'orphan']),
    expected: Type.String({ description: 'as the directory says' }),
    found: Type.String({ description: 'as the profile says' }),
  },
  closed,
);
export type Difference = Static<typeof Difference>;
export const VerificationReport = Type.Object(
  {
    users: Type.Integer(),
    profiles: Type.Integer(),
    differences: counted(Difference),
    /** Roles and access that a hand set since the directory last spoke of them: they stand. */
    byHand: counted(Difference),
    seats: Type.Object({ active: Type.Integer(), billed: Type.Union([Type.Integer(), Type.Null()]) }, closed),
  },
  closed,
);
export type VerificationReport = Static<typeof VerificationReport>;
/** The last snapshot of the tenant's directory, finished or on its way. `wanted`: one is on its way, or waits to begin. */
export const SnapshotReport = Type.Object(
  {
    wanted: Type.Boolean(),
    snapshot: Type.Union([
      Type.Object(
        {
          id: Type.String(),
          by: Type.String(),
          reason: Type.String(),
          began: Time,
          finished: Type.Optional(Time),
          users: Type.Integer(),
          groups: Type.Integer(),
          total: Type.Object({ users: Type.Integer(), groups: Type.Integer() }, closed),
        },
        closed,
      ),
      Type.Null(),
    ]),
  },
  closed,
);
export type SnapshotReport = Static<typeof SnapshotReport>;
/** How often the store's history was broken off. */
export const EpochReport = Type.Object({ epoch: Type.Integer() }, closed);
export type EpochReport = Static<typeof EpochReport>;

/** Of how many users the directory's word was said once more. */
export const RepairReport = Type.Object({ users: Type.Integer() }, closed);
export type RepairReport = Static<typeof RepairReport>;

/** RFC 7643, 7; what is left out has the default of 2.2. `required` and uniqueness are not to be had in an extension. */
const attributeFields = {
  name: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' }),
  description: Type.Optional(Type.String({ maxLength: 1000 })),
  multiValued: Type.Optional(Type.Boolean()),
  required: Type.Optional(Type.Literal(false)),
  caseExact: Type.Optional(Type.Boolean()),
  mutability: Type.Optional(Type.Enum(['readWrite', 'immutable', 'writeOnly'])),
  returned: Type.Optional(Type.Enum(['default', 'request', 'never'])),
  uniqueness: Type.Optional(Type.Literal('none')),
  canonicalValues: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 })),
  referenceTypes: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 20 })),
};
const simpleTypes = ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference'] as const;
const SubAttribute = Type.Object({ ...attributeFields, type: Type.Optional(Type.Enum([...simpleTypes])) }, closed);
const SchemaAttribute = Type.Object(
  {
    ...attributeFields,
    type: Type.Optional(Type.Enum([...simpleTypes, 'complex'])),
    subAttributes: Type.Optional(Type.Array(SubAttribute, { maxItems: 50 })),
  },
  closed,
);
export const SchemaExtension = Type.Object(
  {
    resourceType: Type.Enum(['User', 'Group']),
    schema: Type.Object(
      {
        id: Type.String({ maxLength: 200, pattern: '^[Uu][Rr][Nn]:' }),
        name: Name,
        description: Type.Optional(Type.String({ maxLength: 1000 })),
        attributes: Type.Array(SchemaAttribute, { minItems: 1, maxItems: 100 }),
      },
      closed,
    ),
  },
  closed,
);
export type SchemaExtension = Static<typeof SchemaExtension>;
export const SchemaExtensionList = list(SchemaExtension);

const Scopes = Type.Array(Type.Enum([...apiScopes]), { minItems: 1, maxItems: apiScopes.length, uniqueItems: true });
const keyFields = {
  id: Type.String(),
  tenant: Type.String(),
  name: Type.String(),
  scopes: Scopes,
  starts: Type.String({ description: 'first characters of the value, to tell keys apart' }),
  created: Time,
  expires: Type.Optional(Time),
  revoked: Type.Optional(Time),
  lastUsed: Type.Optional(Time),
  lastScim: Type.Optional(Time),
  formerPepper: Type.Optional(
    Type.Literal(true, {
      description: 'it opens, and its hash is not known to be of the first KEY_PEPPER: it opened no door since that is the first',
    }),
  ),
};
export const ApiKey = Type.Object(keyFields, closed);
export type ApiKey = Static<typeof ApiKey>;
export const ApiKeyList = list(ApiKey);
/** The one answer in which a key's value stands (M13). */
export const CreatedApiKey = Type.Object({ ...keyFields, value: Type.String() }, closed);
export type CreatedApiKey = Static<typeof CreatedApiKey>;
export const NewApiKey = Type.Object(
  { name: Name, scopes: Scopes, expires: Type.Optional(Type.String({ format: 'date-time', maxLength: 40 })) },
  closed,
);
export type NewApiKey = Static<typeof NewApiKey>;
/** `overlap`: seconds for which the old key goes on to open, so that nothing stops while the new one is pasted. 0 ends it at once. */
export const KeyRotation = Type.Object(
  {
    overlap: Type.Integer({ minimum: 0, maximum: 30 * 24 * 3600 }),
    expires: Type.Optional(Type.String({ format: 'date-time', maxLength: 40 })),
  },
  closed,
);
export type KeyRotation = Static<typeof KeyRotation>;

/** A group that was pushed: its name is what Role Mapping names. `role`: what it gives by the mapping that is in force. */
export const PushedGroup = Type.Object({ name: Type.String(), members: Type.Integer(), role: Type.Optional(RoleName) }, closed);
export type PushedGroup = Static<typeof PushedGroup>;
export const PushedGroupList = list(PushedGroup);

/** A one-time token: what stands behind the # of a sign-in link. */
export const OneTimeToken = Type.Object({ token: Type.String({ minLength: 20, maxLength: 100 }) }, closed);
/** Who is signed in to the console. Without `tenant` and `profile`: the operator. */
export const SessionReport = Type.Object(
  {
    tenant: Type.Optional(Type.String()),
    profile: Type.Optional(Profile),
    /** False for a manager, who reads. */
    manages: Type.Boolean(),
    /** Sent as x-csrf-token with each change. */
    csrf: Type.String(),
    /** Until then keys may be made and rotated. */
    verifiedUntil: Time,
    ends: Time,
    /** What Entra asks for as Tenant URL. */
    tenantUrl: Type.String(),
  },
  closed,
);
export type SessionReport = Static<typeof SessionReport>;
/** How people sign in here, beside one-time links. */
export const SignInWays = Type.Object({ openId: Type.Boolean() }, closed);
export type SignInWays = Static<typeof SignInWays>;
/** Whom a one-time sign-in link lets in: a person of the team, or the operator where none is named. */
export const NewConsoleLink = Type.Object(
  { tenant: Type.Optional(Type.String({ maxLength: 40 })), email: Type.Optional(Type.String({ minLength: 3, maxLength: 254 })) },
  closed,
);
export type NewConsoleLink = Static<typeof NewConsoleLink>;
export const ConsoleLink = Type.Object({ url: Type.String(), expires: Time }, closed);
export type ConsoleLink = Static<typeof ConsoleLink>;

/** An entry of the audit log. The hash covers the others and the hash before: `claras-scim audit verify` follows the chain. */
export const AuditEntry = Type.Object(
  {
    number: Type.Integer(),
    time: Time,
    by: Type.String({ description: 'operator, key:<id>, federation:<id>, profile:<id>, scim or system' }),
    action: Type.String(),
    subject: Type.String(),
    details: Type.Unknown(),
    previous: Type.String(),
    hash: Type.String(),
  },
  closed,
);
export type AuditEntry = Static<typeof AuditEntry>;
export const AuditPage = list(AuditEntry);

/**
 * One directory event in the provisioning log: the request, what changed, and what each consumer did about whom. Or a write that the edge
 * refused, or took without some of it.
 */
export const ProvisioningEntry = Type.Object(
  {
    id: Type.String({ description: '17: the directory’s event 17. 17r3: the third that the edge told, which came behind it' }),
    sequence: Type.Integer(),
    time: Time,
    type: Type.String(),
    subject: Type.String(),
    name: Type.Optional(Type.String()),
    request: Type.Optional(Type.String({ description: 'method and path of the SCIM request' })),
    traceparent: Type.Optional(Type.String()),
    refused: Type.Optional(
      Type.Object(
        {
          status: Type.Integer(),
          scimType: Type.Optional(Type.String()),
          detail: Type.String(),
          key: Type.String({ description: 'id of the API key, or federation:<id>' }),
          more: Type.Optional(Type.Integer({ description: 'so many others were refused in that minute and have no entry' })),
        },
        closed,
      ),
    ),
    ignored: Type.Optional(
      Type.Object(
        {
          ignored: Type.Array(Type.String(), { description: 'attributes that no schema has; members: some that are no users' }),
          key: Type.String({ description: 'id of the API key' }),
          more: Type.Optional(Type.Integer({ description: 'so many others in that minute have no entry' })),
        },
        closed,
      ),
    ),
    users: Type.Integer({ description: 'how many SCIM users it is about' }),
    changes: Type.Array(
      Type.Object({ attribute: Type.String(), old: Type.Optional(Type.Unknown()), new: Type.Optional(Type.Unknown()) }, closed),
    ),
    consumers: Type.Array(Type.Object({ consumer: Type.String(), done: Type.Boolean() }, closed)),
    /** The first 20; with `user`, those about that user. */
    results: Type.Array(
      Type.Object(
        {
          consumer: Type.String(),
          user: Type.String(),
          facet: Type.String(),
          outcome: Type.Enum(['applied', 'unchanged', 'stale', 'refused']),
          reason: Type.Optional(Type.String()),
          at: Time,
        },
        closed,
      ),
    ),
    resultsTotal: Type.Integer(),
  },
  closed,
);
export type ProvisioningEntry = Static<typeof ProvisioningEntry>;
/** Newest first. `next`: the `before` of the next page. */
export const LogPage = Type.Object({ items: Type.Array(ProvisioningEntry), next: Type.Optional(Type.String()) }, closed);
export type LogPage = Static<typeof LogPage>;

/** A tenant that is being erased, or was: what is known of it still. */
export const Erasure = Type.Object(
  {
    tenant: Type.String(),
    by: Type.String(),
    began: Time,
    finished: Type.Optional(Time),
    waiting: Type.Array(Type.String(), { description: 'services that have not erased theirs yet' }),
    entry: Type.Optional(AuditEntry),
  },
  { ...closed, description: '`entry`: the last one of its audit log, which stays' },
);
export type Erasure = Static<typeof Erasure>;
export const ErasureList = list(Erasure);
/** `name`: the tenant’s, so that no other one is erased by mistake. */
export const NewErasure = Type.Object({ tenant: Type.String({ maxLength: 40 }), name: Name }, closed);
export type NewErasure = Static<typeof NewErasure>;

/** Whose names and values are in the log no longer: a SCIM id. */
export const Erased = Type.Object({ user: Type.String() }, closed);
export type Erased = Static<typeof Erased>;

/** The last re-check of everyone in mapped groups, after a mapping was saved. */
export const RecheckProgress = Type.Object(
  {
    sequence: Type.Integer(),
    done: Type.Integer(),
    total: Type.Integer(),
    changed: Type.Integer(),
    finished: Type.Boolean(),
    began: Time,
    at: Time,
  },
  closed,
);
export type RecheckProgress = Static<typeof RecheckProgress>;
export const RecheckReport = Type.Object({ recheck: Type.Union([RecheckProgress, Type.Null()]) }, closed);

export const NewTeamProfile = Type.Object(
  {
    email: Type.String({ maxLength: 254, pattern: '^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$' }),
    displayName: Name,
    role: Type.Optional(Type.Enum([...roles])),
  },
  closed,
);
export type NewTeamProfile = Static<typeof NewTeamProfile>;
export const RoleByHand = Type.Object({ role: Type.Enum([...roles]) }, closed);
export type RoleByHand = Static<typeof RoleByHand>;

/** `active`: profiles that count now. `billed`: what the billing system has; null where it has nothing for the tenant, or does not say. */
export const SeatReport = Type.Object(
  {
    active: Type.Integer(),
    version: Type.Integer(),
    billed: Type.Union([Type.Object({ quantity: Type.Integer(), version: Type.Integer() }, closed), Type.Null()]),
    refused: Type.Union([Type.String(), Type.Null()], { description: 'why the billing system does not say what is billed' }),
    /** A swing downward that waits for an approval. */
    held: Type.Union([Type.Object({ quantity: Type.Integer(), since: Time }, closed), Type.Null()]),
  },
  closed,
);
export type SeatReport = Static<typeof SeatReport>;

/** A line of the ledger behind the bill: what was asked of the billing system and what came of it. */
export const SeatRow = Type.Object(
  {
    kind: Type.Enum(['billed', 'held', 'refused']),
    at: Time,
    quantity: Type.Integer(),
    version: Type.Integer(),
    before: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
    key: Type.Optional(Type.String({ description: 'idempotency key' })),
    reason: Type.Optional(Type.String()),
  },
  closed,
);
export type SeatRow = Static<typeof SeatRow>;
/** Newest first. */
export const SeatLedger = list(SeatRow);
/** The quantity that is held, as it was read: an approval of another one is 409. */
export const SeatApproval = Type.Object({ quantity: Type.Integer({ minimum: 0 }) }, closed);
export type SeatApproval = Static<typeof SeatApproval>;

/** `messages`: records that wait. `seconds`: how long the oldest of them has waited; null where the bus cannot say. */
const Waiting = { messages: Type.Integer(), seconds: Type.Union([Type.Number(), Type.Null()]) };
/** Who let a consumer rest, and since when. */
const Pause = Type.Object({ by: Type.String(), since: Time }, closed);
export const LagReport = Type.Object(
  {
    ...Waiting,
    groups: Type.Array(
      Type.Object(
        {
          group: Type.String(),
          topic: Type.String(),
          ...Waiting,
          paused: Type.Optional(Pause),
          /** Only those in which something waits. */
          partitions: Type.Array(Type.Object({ partition: Type.Integer(), ...Waiting }, closed)),
        },
        closed,
      ),
    ),
    /** Events of each service that are committed and not yet on the bus. None on the embedded backing: there they stand on it at once. */
    outboxes: Type.Array(Type.Object({ source: Type.String(), ...Waiting }, closed)),
  },
  closed,
);
export type LagReport = Static<typeof LagReport>;

/** A consumer group, whether it is paused, and who paused and resumed it, newest first. */
export const ConsumerState = Type.Object(
  {
    consumer: Type.String(),
    topic: Type.String(),
    paused: Type.Optional(Pause),
    deeds: Type.Array(Type.Object({ did: Type.Enum(['paused', 'resumed']), by: Type.String(), at: Time }, closed)),
  },
  closed,
);
export type ConsumerState = Static<typeof ConsumerState>;
export const ConsumerList = list(ConsumerState);

/**
 * What somebody must know of, about one tenant, until it is over. `queue-full`: more events wait aside than are kept, so some are missing.
 * `would-archive-most`: a snapshot names so few people that nobody was archived. `no-owner`: Entra archived a team's last active owner.
 * `key-expiring`: an API key that is in use ends soon. `provisioning-silent`: a tenant's identity provider stopped asking.
 */
export const alarmKinds = ['queue-full', 'would-archive-most', 'no-owner', 'key-expiring', 'provisioning-silent'] as const;
/** And which consumer says so. `detail`: in words that name no tenant and nobody. */
export const Alarm = Type.Object(
  { consumer: Type.String(), tenant: Type.String(), kind: Type.Enum([...alarmKinds]), detail: Type.String(), since: Time },
  closed,
);
export type Alarm = Static<typeof Alarm>;
export const AlarmList = list(Alarm);
export type AlarmList = Static<typeof AlarmList>;

/** `dryRun`: only say what differs. */
export const TopicsWanted = Type.Object({ dryRun: Type.Optional(Type.Boolean()) }, closed);
export const TopicsReport = Type.Object(
  {
    topics: Type.Array(Type.String()),
    changes: Type.Array(Type.Object({ topic: Type.String(), setting: Type.String(), is: Type.String(), wanted: Type.String() }, closed)),
  },
  closed,
);
export type TopicsReport = Static<typeof TopicsReport>;

const letterFields = {
  id: Type.String(),
  consumer: Type.String(),
  topic: Type.String(),
  partition: Type.Integer(),
  key: Type.String({ description: 'the tenant, where it was an event' }),
  type: Type.String(),
  reason: Type.String(),
  attempts: Type.Integer(),
  parked: Time,
  state: Type.Enum(['parked', 'replaying', 'replayed', 'dropped']),
  by: Type.Optional(Type.String()),
  decided: Type.Optional(Time),
  outcome: Type.Optional(Type.String()),
};
/** A record that a consumer could not read. */
export const DeadLetter = Type.Object(letterFields, closed);
export type DeadLetter = Static<typeof DeadLetter>;
export const DeadLetterPage = Type.Object(
  { items: Type.Array(DeadLetter), total: Type.Integer(), next: Type.Optional(Type.String()) },
  closed,
);
export type DeadLetterPage = Static<typeof DeadLetterPage>;
/** `applies`, `superseded` (its tenant is further: changes nothing), or `fails` still, with the reason. */
const Replay = Type.Object({ verdict: Type.Enum(['applies', 'superseded', 'fails']), reason: Type.Optional(Type.String()) }, closed);
export const DeadLetterDetail = Type.Object(
  {
    ...letterFields,
    value: Type.Union([Type.String(), Type.Null()]),
    headers: Type.Record(Type.String(), Type.String()),
    replay: Replay,
  },
  closed,
);
export type DeadLetterDetail = Static<typeof DeadLetterDetail>;
const LetterIds = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 1000 });
/** Without `ids`: those that are parked, the first 1,000. `rate`: records a second. */
export const DeadLetterReplay = Type.Object(
  {
    ids: Type.Optional(LetterIds),
    consumer: Type.Optional(Type.String({ maxLength: 64 })),
    dryRun: Type.Optional(Type.Boolean()),
    rate: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  },
  closed,
);
export type DeadLetterReplay = Static<typeof DeadLetterReplay>;
export const DeadLetterDrop = Type.Object({ ids: LetterIds }, closed);
export const DeadLettersDecided = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          verdict: Type.Enum(['applies', 'superseded', 'fails', 'dropped']),
          reason: Type.Optional(Type.String()),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type DeadLettersDecided = Static<typeof DeadLettersDecided>;

/** An error (RFC 9457). `type` is `urn:claras:problem:<code>`; `detail` says what to do next. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    current: Type.Optional(VersionedMapping),
  },
  closed,
);
export type Problem = Static<typeof Problem>;
