import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { resourceTypes } from '../src/attributes.ts';
import { applyPatch, readPatch } from '../src/patch.ts';
import type { Resource } from '../src/resource.ts';

/**
 * PATCH beside a model of it that shares no code with it: a user as a plain record, each kind of operation as the sentence of RFC 7644, 3.5.2,
 * or of Entra's practice that it stands for.
 */
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

interface Email {
  value?: string;
  type?: string;
  display?: string;
  primary?: boolean;
}
interface Model {
  texts: Map<string, string>;
  name: Map<string, string>;
  department: string | undefined;
  emails: Email[];
}
type Step = { operation: object; apply(model: Model): void };

const word = fc.constantFrom('a', 'b', 'Ann', 'x y', 'é"\\');
const nothing = fc.constantFrom(null, '');
const verb = fc.constantFrom('add', 'Replace', 'REPLACE', 'Add');
const removal = fc.constantFrom('remove', 'Remove');
const inSomeCase = (name: string) => fc.constantFrom(name, name.toLowerCase(), name.toUpperCase());
const spelled = (name: string) => fc.oneof(inSomeCase(name), inSomeCase(`urn:ietf:params:scim:schemas:core:2.0:User:${name}`));
const textName = fc.constantFrom('title', 'nickName', 'displayName', 'locale');
const nameParts = fc.constantFrom('givenName', 'familyName', 'formatted');
const set = (parts: Map<string, string>, name: string, value: string | null) => void (value ? parts.set(name, value) : parts.delete(name));
const valued = fc.oneof({ weight: 3, arbitrary: word }, { weight: 1, arbitrary: nothing });

const texts: fc.Arbitrary<Step> = fc
  .tuple(verb, textName, valued)
  .chain(([op, name, value]) =>
    spelled(name).map((path) => ({ operation: { op, path, value }, apply: ({ texts }: Model) => set(texts, name, value) })),
  );
const removedText: fc.Arbitrary<Step> = fc
  .tuple(removal, textName)
  .chain(([op, name]) => spelled(name).map((path) => ({ operation: { op, path }, apply: ({ texts }: Model) => void texts.delete(name) })));

const namePart: fc.Arbitrary<Step> = fc
  .tuple(verb, nameParts, valued)
  .chain(([op, name, value]) =>
    spelled(`name.${name}`).map((path) => ({ operation: { op, path, value }, apply: (model: Model) => set(model.name, name, value) })),
  );
/** Parts that are not named stay (3.5.2.1 and 3.5.2.3: sub-attributes that are not specified are left alone). */
const wholeName: fc.Arbitrary<Step> = fc
  .tuple(verb, fc.dictionary(nameParts, valued, { minKeys: 1 }), fc.boolean())
  .map(([op, value, pathless]) => ({
    operation: pathless ? { op, value: { name: value } } : { op, path: 'name', value },
    apply: (model) => {
      for (const [name, part] of Object.entries(value)) set(model.name, name, part);
    },
  }));
const removedName: fc.Arbitrary<Step> = removal.map((op) => ({ operation: { op, path: 'name' }, apply: (model) => model.name.clear() }));

/** Keys of a value without a path are paths (Entra's flagged dialect). */
const pathless: fc.Arbitrary<Step> = fc
  .tuple(verb, textName, valued, nameParts, valued, valued)
  .map(([op, name, text, part, partValue, department]) => ({
    operation: { op, value: { [name]: text, [`name.${part}`]: partValue, [enterprise]: { department } } },
    apply: (model) => {
      set(model.texts, name, text);
      set(model.name, part, partValue);
      model.department = department || undefined;
    },
  }));
const departments: fc.Arbitrary<Step> = fc.tuple(verb, valued).chain(([op, value]) =>
  fc.constantFrom(`${enterprise}:department`, 'DEPARTMENT', `${enterprise.toUpperCase()}.department`).map((path) => ({
    operation: { op, path, value },
    apply: (model: Model) => {
      model.department = value || undefined;
    },
  })),
);

const type = fc.constantFrom('work', 'home');
const address = fc.constantFrom('1@x', '2@x', '3@x');
const email: fc.Arbitrary<Email> = fc.record({ value: address, type, primary: fc.boolean() }, { requiredKeys: ['value', 'type'] });

/** At most one is primary (RFC 7643, 2.4): the one that was set last, else the first. */
function onePrimary(model: Model, chosen?: Email): void {
  const primary = chosen?.primary ? chosen : model.emails.find((one) => one.primary);
  for (const one of model.emails) if (one !== primary && one.primary) one.primary = false;
}
/** An element with the value and type of another takes its place (RFC 7643, 2.4); what was sent is read first, and there too one is primary. */
function unite(model: Model, value: readonly Email[]): void {
  const sent: Model = { ...empty(), emails: value.map((one) => ({ ...one })) };
  onePrimary(sent);
  let chosen: Email | undefined;
  for (const one of sent.emails) {
    const same = model.emails.findLast((other) => other.value === one.value && other.type === one.type);
    const element = same ? Object.assign(same, one) : one;
    if (!same) model.emails.push(element);
    if (one.primary) chosen = element;
  }
  onePrimary(model, chosen);
}
const addedEmails: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom('add', 'Add'), fc.array(email, { minLength: 1, maxLength: 3 }))
  .map(([op, value]) => ({ operation: { op, path: 'emails', value }, apply: (model) => unite(model, value) }));
const replacedEmails: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom('replace', 'Replace'), fc.array(email, { maxLength: 3 }))
  .map(([op, value]) => ({
    operation: { op, path: 'emails', value },
    apply: (model) => {
      model.emails = [];
      unite(model, value);
    },
  }));
/** A filter that finds nothing makes an element of its equalities: Entra needs that, where RFC 7644, 3.5.2.3, has noTarget. */
const emailOfType: fc.Arbitrary<Step> = fc
  .tuple(verb, type, fc.constantFrom('value' as const, 'display' as const), fc.oneof(address, nothing))
  .map(([op, wanted, sub, value]) => ({
    operation: { op, path: `emails[type eq "${wanted}"].${sub}`, value },
    apply: (model) => {
      const picked = model.emails.filter((one) => one.type === wanted);
      if (picked.length === 0 && value) {
        const made = { type: wanted, [sub]: value };
        model.emails.push(made);
        return onePrimary(model, made);
      }
      for (const one of picked) {
        if (value) one[sub] = value;
        else delete one[sub];
      }
      // An element that says no more than what kind it is, is none.
      if (!value) model.emails = model.emails.filter((one) => !picked.includes(one) || one.value || one.display);
      onePrimary(model, picked.at(-1));
    },
  }));
const removedEmails: fc.Arbitrary<Step> = fc.tuple(removal, fc.oneof(type, fc.constant(undefined))).map(([op, wanted]) => ({
  operation: { op, path: wanted ? `emails[type eq "${wanted.toUpperCase()}"]` : 'emails' },
  apply: (model) => {
    model.emails = wanted ? model.emails.filter((one) => one.type !== wanted) : [];
  },
}));

const step = fc.oneof(
  ...[texts, removedText, namePart, wholeName, removedName, pathless, departments],
  ...[addedEmails, replacedEmails, emailOfType, removedEmails],
);

const empty = (): Model => ({ texts: new Map(), name: new Map(), department: undefined, emails: [] });
const asResource = ({ texts, name, department, emails }: Model): Resource =>
  ({
    schemas: [resourceTypes.User.schema.id, ...(department ? [enterprise] : [])],
    userName: 'u',
    active: true,
    ...Object.fromEntries(texts),
    ...(name.size > 0 ? { name: Object.fromEntries(name) } : {}),
    ...(department ? { [enterprise]: { department } } : {}),
    ...(emails.length > 0 ? { emails } : {}),
  }) as unknown as Resource;

t.test('PATCH on random users does what an independent model does, in one request or in several', async () => {
  const start = asResource(empty());
  const patch = (resource: Resource, steps: readonly Step[]) =>
    applyPatch(resourceTypes.User, resource, readPatch(resourceTypes.User, { Operations: steps.map(({ operation }) => operation) }))
      .resource;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const model = empty();
      for (const { apply } of steps) apply(model);
      const wanted = asResource(model);
      const together = patch(start, steps);
      const oneByOne = steps.reduce((resource, one) => patch(resource, [one]), start);
      for (const actual of [together, oneByOne])
        if (!isDeepStrictEqual(actual, wanted)) throw new Error(`${JSON.stringify(actual)} is not ${JSON.stringify(wanted)}`);
    }),
    { numRuns: 3000 },
  );
});
