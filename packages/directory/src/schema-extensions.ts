import { extensionProblem, type SchemaExtension } from '@claras/scim/schema-extension';
import { type Actor, audit, type Deed, system } from './audit.ts';
import { DirectoryError } from './directory-error.ts';
import { tenantScope } from './scopes.ts';
import { type Durable, transact } from './transact.ts';

const mostExtensions = 10;
const index = 'schemaExtensions';
const keyOf = (id: string) => `schemaExtension:${id.toLowerCase()}`;

/** Schemas with which a tenant extends users and groups (RFC 7643, 3.3). */
export function schemaExtensions(durable: Durable) {
  const { store } = durable;
  const trail = audit(durable);

  async function list(tenant: string): Promise<SchemaExtension[]> {
    const scope = tenantScope(tenant);
    const { members } = await store.range(scope, index, { limit: mostExtensions });
    if (members.length === 0) return [];
    const entries = await store.read<SchemaExtension>(scope, members.map(keyOf));
    return entries.flatMap((entry) => entry?.value ?? []);
  }

  /** Registers it, or puts it in the place of the one with its id. What users and groups have of it already stays as it is. */
  const put = (tenant: string, extension: SchemaExtension, by: Actor = system): Promise<SchemaExtension> =>
    transact(durable, tenantScope(tenant), async (time) => {
      const { id } = extension.schema;
      const others = (await list(tenant)).filter(({ schema }) => keyOf(schema.id) !== keyOf(id));
      if (others.length >= mostExtensions)
        throw new DirectoryError('conflict', `A tenant has at most ${mostExtensions} schema extensions.`);
      const problem = extensionProblem(extension, others);
      if (problem) throw new DirectoryError('invalid', problem);
      const change = { put: { [keyOf(id)]: extension }, index: { [index]: { add: [id.toLowerCase()] } } };
      const deed: Deed = { by, action: 'schema.registered', subject: `Schemas/${id}`, details: extension };
      return { change: await trail.tell(tenant, time, change, deed), result: () => extension };
    });

  /** Values stay, as those of an extension that nobody described. */
  const remove = (tenant: string, id: string, by: Actor = system): Promise<SchemaExtension> =>
    transact(durable, tenantScope(tenant), async (time) => {
      const [entry] = await store.read<SchemaExtension>(tenantScope(tenant), [keyOf(id)]);
      if (!entry) throw new DirectoryError('not-found', 'There is no such schema extension; list the tenant’s to see their ids.');
      const change = { remove: [keyOf(id)], index: { [index]: { remove: [id.toLowerCase()] } } };
      const deed: Deed = { by, action: 'schema.removed', subject: `Schemas/${id}`, details: entry.value };
      return { change: await trail.tell(tenant, time, change, deed), result: () => entry.value };
    });

  return { list, put, remove };
}
export type SchemaExtensions = ReturnType<typeof schemaExtensions>;
