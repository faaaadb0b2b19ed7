import { emailKey } from '@claras/domain/email';
import { keyPart } from '@claras/ports/store/key-part';
import type { Resource } from '@claras/scim/resource';
import { uniqueText } from '@claras/scim/same-text';

/** What differs between users and groups in the store: where their documents stand, what is unique, what can be looked up. */
export interface Kind {
  name: 'user' | 'group';
  /** SCIM endpoint: first part of an event's subject. */
  endpoint: 'Users' | 'Groups';
  /** Index of all ids, in the order of creation. */
  all: string;
  /** The attribute that is unique in a tenant. */
  unique: 'userName' | 'displayName';
  /** All that keys and indexes are made of. */
  lookedUp: readonly string[];
  document(id: string): string;
  /** Key that holds the id of the resource with this unique value. */
  uniqueKey(value: string): string;
  /** Index of ids with this value of an attribute that is not unique. Undefined: the attribute has no index. */
  lookup(attribute: string, value: string): string | undefined;
  /** Every index that this resource stands in, `all` apart. */
  lookups(resource: Resource): string[];
}

const emailsOf = (resource: Resource): string[] =>
  Array.isArray(resource.emails)
    ? resource.emails.flatMap((email) =>
        email && typeof email === 'object' && !Array.isArray(email) && typeof email.value === 'string' ? [email.value] : [],
      )
    : [];

const externalIdOf = (resource: Resource): string[] => (typeof resource.externalId === 'string' ? [resource.externalId] : []);

export const userKind: Kind = {
  name: 'user',
  endpoint: 'Users',
  all: 'users',
  unique: 'userName',
  lookedUp: ['userName', 'externalId', 'emails'],
  document: (id) => `user:${id}`,
  uniqueKey: (value) => `userName:${keyPart(emailKey(value))}`,
  lookup(attribute, value) {
    if (attribute === 'externalId') return `user.externalId:${keyPart(value)}`;
    if (attribute === 'emails' || attribute === 'emails.value') return `user.email:${keyPart(emailKey(value))}`;
    return undefined;
  },
  lookups: (resource) => [
    ...new Set([
      ...externalIdOf(resource).map((value) => `user.externalId:${keyPart(value)}`),
      ...emailsOf(resource).map((value) => `user.email:${keyPart(emailKey(value))}`),
    ]),
  ],
};

export const groupKind: Kind = {
  name: 'group',
  endpoint: 'Groups',
  all: 'groups',
  unique: 'displayName',
  lookedUp: ['displayName', 'externalId'],
  document: (id) => `group:${id}`,
  uniqueKey: (value) => `groupName:${keyPart(uniqueText(value))}`,
  lookup: (attribute, value) => (attribute === 'externalId' ? `group.externalId:${keyPart(value)}` : undefined),
  lookups: (resource) => externalIdOf(resource).map((value) => `group.externalId:${keyPart(value)}`),
};

/** Index of a group's member ids. Not a list inside the document: adding one member costs the same in any group. */
export const membersIndex = (group: string) => `members:${group}`;
/** Index of the groups that a user was put into. A group that was deleted or emptied still stands here: ask the group before you believe it. */
export const groupsOfIndex = (user: string) => `groupsOf:${user}`;
