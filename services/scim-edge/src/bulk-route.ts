import { type BulkOperation, bulkOrder, bulkResponseSchema, readBulk, unresolved, withIds } from '@claras/scim/bulk';
import { checkIfMatch, etag } from '@claras/scim/etag';
import { invalidPath, invalidSyntax } from '@claras/scim/scim-error';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { allowOnly } from './method-not-allowed.ts';
import { locationOf } from './render.ts';
import type { Circumstances } from './resource-routes.ts';
import { asScimError, scimType } from './scim-errors.ts';
import type { AskedToWrite, ScimResources, Written } from './scim-resources.ts';
import { originOf } from './trace.ts';

/** What became of one operation (RFC 7644, 3.7.3). `status` is an HTTP status as text; `response` the error's body. */
interface Result {
  status: string;
  location?: string;
  version?: string;
  response?: object;
}

/** A resource that the request makes: its id is given before it is made, so that others can refer to it in any order. */
interface Promised {
  id: string;
  failed: boolean;
}

/** POST /Bulk (RFC 7644, 3.7). Each operation is one write of its own: one that fails leaves the others as they are. */
export function bulkRoute(app: FastifyInstance, all: readonly ScimResources[], circumstances: Circumstances): void {
  const { durable, asked, passedOver, failed, refused } = circumstances;

  app.post('/Bulk', async (request, reply) => {
    const { operations, failOnErrors } = readBulk(request.body);
    const promised = new Map<string, Promised>();
    for (const { method, bulkId } of operations)
      if (method === 'POST' && bulkId) promised.set(bulkId, { id: durable.runtime.id(), failed: false });

    const results = new Map<number, Result>();
    let errors = 0;
    for (const place of bulkOrder(operations)) {
      const operation = operations[place] as BulkOperation;
      const result = await perform(request, operation, promised).catch((error) => refusal(request, operation, error));
      results.set(place, result);
      if (!result.response) continue;
      const own = promised.get(operation.bulkId ?? '');
      if (own) own.failed = true;
      if (++errors >= failOnErrors) break;
    }
    const Operations = operations.flatMap(({ method, bulkId }, place) => {
      const result = results.get(place);
      return result ? [{ method, ...(bulkId ? { bulkId } : {}), ...result }] : [];
    });
    return reply.header('content-type', scimType).send(JSON.stringify({ schemas: [bulkResponseSchema], Operations }));
  });
  allowOnly(app, '/Bulk', ['POST']);

  function refusal(request: FastifyRequest, { method, path }: BulkOperation, error: unknown): Result {
    const answer = asScimError(error);
    if (answer.status >= 500) failed(request, error);
    else refused(request, answer, named({ method, path }));
    const location = method === 'POST' || !place.test(path) ? {} : { location: `${asked(request).url}${path}` };
    return { ...location, status: String(answer.status), response: answer.toBody() };
  }

  async function perform(request: FastifyRequest, given: BulkOperation, promised: ReadonlyMap<string, Promised>): Promise<Result> {
    const operation = withIds(given, (bulkId) => {
      const other = promised.get(bulkId);
      if (!other || other.failed) throw unresolved(bulkId);
      return other.id;
    });
    const { resources, id } = addressed(operation.path);
    const { version } = operation;
    const to: AskedToWrite = {
      ...asked(request),
      origin: originOf(request, durable.runtime, app.prefix),
      ...(version === undefined ? {} : { check: (current: number) => checkIfMatch(version, current) }),
    };
    const written = await write(resources, operation, id, to, promised.get(operation.bulkId ?? '')?.id);
    if (!written) return { location: locationOf(resources, id as string, to.url), status: '204' };
    const { read, ignored } = written;
    const origin = { ...to.origin, request: named(operation) };
    if (ignored.length > 0) passedOver(request, { ignored, subject: `${resources.kind.endpoint}/${read.id}`, origin });
    return {
      location: locationOf(resources, read.id, to.url),
      version: etag(read.version),
      status: operation.method === 'POST' ? '201' : '200',
    };
  }

  /** Undefined: it is gone. */
  async function write(
    resources: ScimResources,
    { method, data, bulkId }: BulkOperation,
    id: string | undefined,
    to: AskedToWrite,
    promisedId: string | undefined,
  ): Promise<Written | undefined> {
    if (method === 'POST') {
      if (id !== undefined) throw invalidPath('To make a resource, the path is /Users or /Groups.');
      if (!bulkId) throw invalidSyntax('An operation that makes a resource needs a bulkId, by which its result is known.');
      return resources.create(data, { ...to, ...(promisedId ? { id: promisedId } : {}) });
    }
    if (id === undefined) throw invalidPath('The path of an operation other than POST ends in the id of a resource.');
    if (method === 'PUT') return resources.replace(id, data, to);
    if (method === 'PATCH') return resources.patch(id, data, to);
    if (method === 'DELETE') return void (await resources.remove(id, to));
    throw invalidSyntax('The method of an operation is POST, PUT, PATCH or DELETE.');
  }

  function addressed(path: string): { resources: ScimResources; id: string | undefined } {
    const [, endpoint = '', id] = place.exec(path) ?? [];
    const resources = all.find((candidate) => candidate.endpoint.toLowerCase() === endpoint.toLowerCase());
    if (!resources) throw invalidPath('The path of an operation is /Users or /Groups, with an id behind it for all but POST.');
    return { resources, id };
  }
}

/** As a request of its own would be: `PATCH /Users/<id>`. */
const named = ({ method, path }: Pick<BulkOperation, 'method' | 'path'>): string => `${method} ${path.split('?', 1)[0]}`.slice(0, 200);

const place = /^(\/[A-Za-z]+)(?:\/([^/\s]+))?$/;
