/** How Entra names tenants, applications and objects. */
export const uuid = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;

/** What a customer's Entra may show instead of a secret (workload identity federation): the claims that its assertion must have. */
export interface NewFederation {
  /** Entra's id of the customer (`tid`), a UUID. */
  entraTenant: string;
  /** Id of the workload identity's application (`appid`), a UUID. */
  application: string;
  /** The subject as Entra shows it, a UUID. Absent: any of that application. */
  objectId?: string;
  /** Absent: `api://<application>`. */
  audience?: string;
}

/** UUIDs in lower case. */
export interface Federation extends NewFederation {
  /** New whenever the trust is another: what was given for the one before ends with it. */
  id: string;
  audience: string;
}

/** Entra's page shows the audience as a scope; in the assertion it stands without what makes it one. */
const asScope = /[/][.]default$/;

/** Undefined where an id is no UUID: a part of the address that Entra's keys are fetched from is made of nothing else. */
export function federation(id: string, wanted: NewFederation): Federation | undefined {
  const { entraTenant, application, objectId } = wanted;
  if (![entraTenant, application, objectId ?? application].every((one) => uuid.test(one))) return undefined;
  const app = application.toLowerCase();
  return {
    id,
    entraTenant: entraTenant.toLowerCase(),
    application: app,
    ...(objectId === undefined ? {} : { objectId: objectId.toLowerCase() }),
    audience: (wanted.audience ?? `api://${app}`).replace(asScope, ''),
  };
}

export const isSameTrust = (one: Federation, other: Federation): boolean =>
  one.entraTenant === other.entraTenant &&
  one.application === other.application &&
  one.objectId === other.objectId &&
  one.audience === other.audience;

/** What stands for it where an API key's id would: in access tokens and as the name of who called. */
const prefix = 'federation:';
export const credentialOf = ({ id }: Federation): string => `${prefix}${id}`;
export const isFederated = (credential: string): boolean => credential.startsWith(prefix);

/** `iss` of Entra's tokens of version 2.0. */
export const issuerOf = ({ entraTenant }: Federation): string => `https://login.microsoftonline.com/${entraTenant}/v2.0`;

/**
 * Whether an assertion, its signature, issuer, audience and time proven already, is of the workload that is trusted. Entra says the application
 * as `appid` or `azp`, and the object as `oid` or `sub`.
 */
export function isOfTrusted(claims: Readonly<Record<string, unknown>>, { entraTenant, application, objectId }: Federation): boolean {
  const { ver, tid, appid, azp, oid, sub } = claims;
  const isObject = objectId === undefined || oid === objectId || sub === objectId;
  return ver === '2.0' && tid === entraTenant && (appid ?? azp) === application && isObject;
}
