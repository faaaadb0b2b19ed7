import { missing, type Origin, type Precondition, type Read } from '@claras/directory/resources';
import type { Durable } from '@claras/directory/transact';
import type { ResourceType } from '@claras/scim/attributes';
import { invalidCursor, printCursor } from '@claras/scim/cursor';
import { checkIfMatch, checkIfNoneMatch, etag, isNotModified } from '@claras/scim/etag';
import { type ListQuery, listResponseJson, type Page, readListQuery, readSearchRequest } from '@claras/scim/list-query';
import { readProjection, wantsAttribute } from '@claras/scim/projection';
import type { ScimError } from '@claras/scim/scim-error';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { endOfTurn } from './end-of-turn.ts';
import { allowOnly } from './method-not-allowed.ts';
import { etagOf, locationOf, renderJson } from './render.ts';
import { scimType } from './scim-errors.ts';
import type { Asked, AskedToWrite, ScimResources, Written } from './scim-resources.ts';
import { type Found, search } from './search.ts';
import { searchAll } from './search-all.ts';
import { originOf } from './trace.ts';

type ById = FastifyRequest<{ Params: { id: string } }>;
type Query = Record<string, unknown>;

export interface Circumstances {
  durable: Durable;
  /** Set by the authenticating hook. */
  asked(request: FastifyRequest): Asked;
  /** Told of attributes and members that a request named and nothing knows: kept out, not refused. */
  passedOver(request: FastifyRequest, from: { ignored: readonly string[]; subject: string; origin: Origin }): void;
  /** Told of what went wrong on this side. */
  failed(request: FastifyRequest, error: unknown): void;
  /** Told of what was refused, and of which operation of a bulk. */
  refused(request: FastifyRequest, answer: ScimError, operation?: string): void;
}

/** The verbs of RFC 7644, 3.3 to 3.6, once for every resource type. */
export function resourceRoutes(app: FastifyInstance, resources: ScimResources, { durable, asked, passedOver }: Circumstances): void {
  const path = resources.endpoint;
  const typeOf = (request: FastifyRequest): ResourceType => request.admitted.types[resources.name];

  const askedToWrite = (request: FastifyRequest): AskedToWrite => {
    const check = preconditionOf(request.headers);
    return { ...asked(request), origin: originOf(request, durable.runtime, app.prefix), ...(check ? { check } : {}) };
  };

  async function answer(reply: FastifyReply, request: FastifyRequest, { read, kept: known }: Pick<Written, 'read' | 'kept'>) {
    const projection = readProjection(request.query as Query);
    const to = asked(request);
    const kept = known ?? (await resources.keptElsewhere(read, to, (attribute) => wantsAttribute(projection, attribute)));
    reply.header('content-type', scimType).header('etag', etagOf(read, kept));
    return reply.send(renderJson(typeOf(request), read, to.url, kept, projection));
  }

  /** Without reading a group's members: they have a part in its version. */
  async function tagOf(request: FastifyRequest, read: Read): Promise<string> {
    const projection = readProjection(request.query as Query);
    const wanted = (attribute: string) => attribute === 'groups' && wantsAttribute(projection, attribute);
    return etagOf(read, await resources.keptElsewhere(read, asked(request), wanted));
  }

  /** Asks for a write, and tells what was left out of it. */
  async function write(request: FastifyRequest, ask: (asked: AskedToWrite) => Promise<Written>): Promise<Written> {
    const to = askedToWrite(request);
    const written = await ask(to);
    const { ignored, read } = written;
    if (ignored.length > 0) passedOver(request, { ignored, subject: `${resources.kind.endpoint}/${read.id}`, origin: to.origin });
    return written;
  }

  async function list(reply: FastifyReply, request: FastifyRequest, query: ListQuery): Promise<FastifyReply> {
    assertCursorOf(resources, query.page);
    const found = await search(durable, resources, asked(request), query);
    return sendList(reply, { ...found, type: resources.name }, query.page);
  }

  app.get(path, async (request, reply) => list(reply, request, readListQuery(typeOf(request), request.query as Query)));
  app.post(`${path}/.search`, async (request, reply) => list(reply, request, readSearchRequest(typeOf(request), request.body)));
  allowOnly(app, path, ['GET', 'POST']);
  allowOnly(app, `${path}/.search`, ['POST']);
  allowOnly(app, `${path}/:id`, ['GET', 'PUT', 'PATCH', 'DELETE']);

  app.get(`${path}/:id`, async (request: ById, reply) => {
    const read = await resources.read(asked(request).tenant, request.params.id);
    if (!read) throw missing(resources.kind);
    const ifNoneMatch = request.headers['if-none-match'];
    if (ifNoneMatch !== undefined) {
      const tag = await tagOf(request, read);
      if (isNotModified(ifNoneMatch, tag)) return reply.code(304).header('etag', tag).send();
    }
    await endOfTurn();
    return answer(reply, request, { read });
  });

  app.post(path, async (request, reply) => {
    const created = await write(request, (to) => resources.create(request.body, to));
    reply.code(201).header('location', locationOf(resources, created.read.id, asked(request).url));
    return answer(reply, request, created);
  });

  app.put(`${path}/:id`, async (request: ById, reply) =>
    answer(reply, request, await write(request, (to) => resources.replace(request.params.id, request.body, to))),
  );

  app.patch(`${path}/:id`, async (request: ById, reply) => {
    const patched = await write(request, (to) => resources.patch(request.params.id, request.body, to));
    if (resources.kind.name === 'user' || hasProjection(request.query as Query)) return answer(reply, request, patched);
    // A group may have 50,000 members: they are sent when they are asked for (RFC 7644, 3.5.2 allows 204).
    return reply.code(204).header('etag', etag(patched.read.version)).send();
  });

  app.delete(`${path}/:id`, async (request: ById, reply) => {
    await resources.remove(request.params.id, askedToWrite(request));
    return reply.code(204).send();
  });
}

/** If-Match and If-None-Match of a write (RFC 7644, 3.14; RFC 9110, 13.1). */
function preconditionOf({ 'if-match': match, 'if-none-match': noneMatch }: FastifyRequest['headers']): Precondition | undefined {
  if (match === undefined && noneMatch === undefined) return undefined;
  return (version) => {
    if (match !== undefined) checkIfMatch(match, version);
    if (noneMatch !== undefined) checkIfNoneMatch(noneMatch, version);
  };
}

/** The cursor of /Users says nothing to /Groups. */
function assertCursorOf({ name }: ScimResources, page: Page): void {
  if ('cursor' in page && page.cursor && page.cursor.type !== name) throw invalidCursor();
}

/** `type`: that of the last resource found. */
async function sendList(
  reply: FastifyReply,
  { resources, last, totalResults, more, type }: Found & { type: string },
  page: Page,
): Promise<FastifyReply> {
  const next = 'cursor' in page && more && last ? { next: printCursor({ type, after: last }, page.query) } : {};
  const place = 'startIndex' in page ? { startIndex: page.startIndex } : next;
  const body = listResponseJson(resources, { totalResults, ...place });
  await endOfTurn();
  return reply.header('content-type', scimType).send(body);
}

/** One search over all resource types, as a query of the Tenant URL itself (RFC 7644, 3.4.2.1) and by POST (3.4.3). */
export function searchRoutes(app: FastifyInstance, all: readonly ScimResources[], { durable, asked }: Circumstances): void {
  async function answer(reply: FastifyReply, request: FastifyRequest, read: (type: ResourceType) => ListQuery): Promise<FastifyReply> {
    const found = await searchAll(durable, all, asked(request), read);
    return sendList(reply, found, found.page);
  }
  app.get('/', async (request, reply) => {
    // `?aadOptscim062020/Users?filter=…` asks for one user, and must not find all: a path behind the flag of Entra's Tenant URL leads nowhere.
    if (!Object.keys(request.query as Query).some((name) => /^filter$/i.test(name))) return reply.callNotFound();
    return answer(reply, request, (type) => readListQuery(type, request.query as Query));
  });
  app.post('/.search', async (request, reply) => answer(reply, request, (type) => readSearchRequest(type, request.body)));
  allowOnly(app, '/', ['GET']);
  allowOnly(app, '/.search', ['POST']);
}

const hasProjection = (query: Query): boolean => Object.keys(query).some((name) => /^(excluded)?attributes$/i.test(name));
