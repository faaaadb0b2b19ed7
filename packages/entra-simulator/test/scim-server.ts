import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;
type Resource = Json & { id: string };

/** Ways to be a bad edge. Each is something that a SCIM server in the field was reported to do (BEHAVIOUR: bugs 11, 17, 23, 41, …). */
export interface Faults {
  /** Answers some member PATCHes without applying them. */
  losesMembers?: boolean;
  /** 503 or 429 for every seventh request, before anything is done. */
  failsNowAndThen?: boolean;
  /** Cuts the connection of every ninth request, half of them after the work is done. */
  dropsConnections?: boolean;
  /** Remove with a value array empties the group. */
  clearsOnRemove?: boolean;
  /** Boolean("False") is true. */
  keepsLeaversActive?: boolean;
  /** 404 for a query without a match. */
  answers404ForNothing?: boolean;
}

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const element = /^(\w+)\[(\w+) eq "([^"]+)"\](?:\.(\w+))?$/;
const lower = (value: unknown) => String(value).toLowerCase();
const isEmpty = (value: unknown) =>
  value === '' || value === null || (typeof value === 'object' && lower(JSON.stringify(value)) === '{"value":""}');

function put(resource: Json, name: string, value: unknown): void {
  if (isEmpty(value)) delete resource[name];
  else resource[name] = value;
}

function child(resource: Json, name: string): Json {
  resource[name] ??= {};
  return resource[name] as Json;
}

/** A throw-away SCIM server in memory: as tolerant as Entra needs, and no more of the protocol than Entra uses. */
export async function scimServer(faults: Faults = {}) {
  const stores = { Users: new Map<string, Resource>(), Groups: new Map<string, Resource>() };
  const seen: string[] = [];
  const userAgents = new Set<string>();
  let requests = 0;
  let ids = 0;

  function assign(resource: Json, path: string, given: unknown): void {
    const match = element.exec(path);
    let value = given;
    if (lower(path) === 'active') value = faults.keepsLeaversActive ? Boolean(given) : lower(given) === 'true';
    if (path === `${enterprise}:manager` && typeof given === 'string' && given) value = { value: given };
    if (match) {
      const [, list, key, wanted, part] = match as unknown as string[];
      const entries = ((resource[list!] as Json[] | undefined) ?? []).filter(Boolean);
      const entry = entries.find((each) => each[key!] === wanted) ?? { [key!]: wanted };
      put(entry, part!, value);
      resource[list!] = [...entries.filter((each) => each !== entry), entry];
    } else if (path.startsWith(`${enterprise}:`)) {
      put(child(resource, enterprise), path.slice(enterprise.length + 1), value);
    } else if (path.includes('.')) {
      const [outer, inner] = path.split('.') as [string, string];
      put(child(resource, outer), inner, value);
    } else put(resource, path, value);
  }

  function changeMembers(group: Resource, op: string, path: string, value: unknown): void {
    if (faults.losesMembers && requests % 13 === 0) return;
    const members = new Set(((group.members as Json[] | undefined) ?? []).map((member) => member.value));
    const wanted = element.exec(path)?.[3];
    const ids = wanted ? [wanted] : ((value ?? []) as Json[]).map((member) => member.value);
    if (op === 'remove' && !wanted && (value === undefined || faults.clearsOnRemove)) members.clear();
    for (const id of ids) op === 'remove' ? members.delete(id) : stores.Users.has(id as string) && members.add(id);
    group.members = [...members].map((id) => ({ value: id }));
  }

  function patch(resource: Resource, operations: { op: string; path?: string; value?: unknown }[]): void {
    for (const { op, path, value } of operations) {
      if (path?.startsWith('members')) changeMembers(resource, lower(op), path, value);
      else if (path === undefined) for (const [key, each] of Object.entries(value as Json)) assign(resource, key, each);
      else assign(resource, path, lower(op) === 'remove' ? null : value);
    }
  }

  const valuesAt = (resource: Json, attribute: string): unknown[] => {
    if (attribute === 'manager') return [((resource[enterprise] as Json | undefined)?.manager as Json | undefined)?.value];
    if (attribute === 'members') return ((resource.members as Json[] | undefined) ?? []).map((member) => member.value);
    return [resource[attribute]];
  };
  function search(kind: 'Users' | 'Groups', filter: string | null): Resource[] {
    const all = [...stores[kind].values()];
    if (!filter) return all;
    const terms = [...filter.matchAll(/(\w+) eq "((?:[^"\\]|\\.)*)"/g)].map(
      ([, name, value]) => [name!, value!.replace(/\\(.)/g, '$1')] as const,
    );
    return all.filter((each) => terms.every(([name, wanted]) => valuesAt(each, name).some((value) => lower(value) === lower(wanted))));
  }

  const conflicts = (kind: 'Users' | 'Groups', body: Json): boolean => {
    const name = kind === 'Users' ? 'userName' : 'displayName';
    return [...stores[kind].values()].some((each) => lower(each[name]) === lower(body[name]));
  };

  function create(kind: 'Users' | 'Groups', body: Json): Resource {
    const resource: Resource = { ...body, id: `id-${++ids}` };
    for (const [name, value] of Object.entries(body)) if (isEmpty(value)) delete resource[name];
    stores[kind].set(resource.id, resource);
    return resource;
  }

  function remove(kind: 'Users' | 'Groups', id: string): boolean {
    for (const group of stores.Groups.values()) group.members = ((group.members as Json[]) ?? []).filter((member) => member.value !== id);
    return stores[kind].delete(id);
  }

  function answer(method: string, url: URL, body: Json): [number, unknown?] {
    const [, kind, id] = /\/(Users|Groups)(?:\/([^/]+))?$/.exec(url.pathname) as unknown as [string, 'Users' | 'Groups', string?];
    const shown = (each: Resource) => (url.searchParams.has('excludedAttributes') ? { ...each, members: undefined } : each);
    if (method === 'POST') return conflicts(kind, body) ? [409, { detail: 'taken', status: '409' }] : [201, create(kind, body)];
    if (id === undefined) {
      const found = search(kind, url.searchParams.get('filter'));
      if (faults.answers404ForNothing && found.length === 0) return [404, {}];
      const count = Number(url.searchParams.get('count') ?? found.length);
      return [200, { totalResults: found.length, startIndex: 1, Resources: found.slice(0, count).map(shown) }];
    }
    const resource = stores[kind].get(id);
    if (method === 'DELETE') return remove(kind, id) ? [204] : [404, {}];
    if (!resource) return [404, {}];
    if (method === 'PATCH') patch(resource, body.Operations as { op: string }[]);
    return [200, shown(resource)];
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { method = '' } = request;
    const url = new URL(request.url ?? '', 'http://edge');
    requests++;
    seen.push(`${method} ${request.url} ${text}`);
    if (request.headers['user-agent']) userAgents.add(request.headers['user-agent']);
    if (faults.failsNowAndThen && requests % 7 === 0) {
      return void response.writeHead(requests % 2 ? 503 : 429, { 'retry-after': '0' }).end('<html>busy</html>');
    }
    if (faults.dropsConnections && requests % 18 === 0) return void request.socket.destroy();
    const authorized = request.headers.authorization === 'Bearer secret';
    const [status, body] = authorized ? answer(method, url, text ? JSON.parse(text) : {}) : [401, { detail: 'no such key' }];
    if (faults.dropsConnections && requests % 18 === 9) return void request.socket.destroy();
    response.writeHead(status, { 'content-type': 'application/scim+json' }).end(body && JSON.stringify(body));
  }

  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/scim/v2`,
    stores,
    seen,
    userAgents,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
