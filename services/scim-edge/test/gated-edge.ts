import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Store } from '@claras/ports/store/store';
import { systemRuntime } from '@claras/ports/system-runtime';
import type t from 'tap';
import { eventually } from '../../../test/support/gateway.ts';
import { mostOfLane } from '../src/admission.ts';
import { edgeOnMemory } from './edge-on-memory.ts';

/** Time stands until it is told: nobody waits too long on a slow machine. */
export function standingClock() {
  let now = systemRuntime.now();
  return {
    runtime: { ...systemRuntime, now: () => now },
    advance(ms: number): void {
      now += ms;
    },
  };
}

/** A store whose writes of the edge stand at a gate until it is opened. */
function gated(store: Store) {
  let isOpen = true;
  let goOn: (() => void)[] = [];
  /** Of those that came to the gate, in that order: whose they are. */
  const came: string[] = [];
  return {
    came,
    close(): void {
      isOpen = false;
    },
    open(): void {
      isOpen = true;
      for (const go of goOn) go();
      goOn = [];
    },
    waiting: () => goOn.length,
    store: {
      ...store,
      async commit(scope, change) {
        if (!scope.startsWith('edge/')) return store.commit(scope, change);
        came.push(scope.slice('edge/'.length));
        if (!isOpen) await new Promise<void>((go) => goOn.push(go));
        return store.commit(scope, change);
      },
    } satisfies Store,
  };
}

/** The edge on a port, whose writes stand at a gate. */
export async function gatedEdge(t: Tap) {
  const edge = await edgeOnMemory();
  const gate = gated(edge.store);
  const clock = standingClock();
  const server = edge.process({ store: gate.store, runtime: clock.runtime });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  /** Requests whose headers the server has read. */
  let read = 0;
  server.server.on('request', () => read++);
  t.teardown(async () => {
    gate.open();
    agent.destroy();
    await Promise.all([server.close(), edge.app.close()]);
  });

  function open(
    key: string,
    method: string,
    path: string,
    headers: Record<string, string> = {},
  ): { asked: ClientRequest; answer: Promise<IncomingMessage>; status: Promise<number> } {
    const asked = request({ port, agent, method, path: `/api/scim/v2${path}`, headers: { authorization: `Bearer ${key}`, ...headers } });
    const answer = once(asked, 'response').then(([answer]: IncomingMessage[]) => (answer as IncomingMessage).resume());
    const status = answer.then(({ statusCode }) => statusCode as number);
    // Who left hears nothing.
    status.catch(() => {});
    return { asked, answer, status };
  }
  let users = 0;
  const post = (key: string) => {
    const body = JSON.stringify({ userName: `user${users++}@x.example` });
    const opened = open(key, 'POST', '/Users', { 'content-type': 'application/scim+json', 'content-length': `${body.length}` });
    return { ...opened, body };
  };
  function create(key: string) {
    const { body, ...opened } = post(key);
    opened.asked.end(body);
    return opened;
  }
  async function get(key: string): Promise<number> {
    const { asked, status } = open(key, 'GET', '/Users?count=0');
    asked.end();
    return status;
  }
  const reads = (n: number) => eventually(60_000, `${n} requests are read`, async () => (read >= n ? true : undefined));
  const atGate = (n: number) => eventually(60_000, `${n} writes are under way`, async () => (gate.waiting() === n ? true : undefined));
  /** Of a tenant that has none under way: all its places are free, and no more than those. */
  async function hasItsPlaces(key: string): Promise<void> {
    gate.close();
    const [readBefore, more] = [read, 5];
    const asked = Array.from({ length: mostOfLane + more }, () => create(key));
    await reads(readBefore + asked.length);
    await atGate(mostOfLane);
    for (let turn = 0; turn < 10; turn++) await endOfTurn();
    t.equal(gate.waiting(), mostOfLane);
    gate.open();
    t.strictSame(await statuses(asked), new Set([201]));
  }
  return { ...edge, server, clock, gate, post, create, get, reads, atGate, hasItsPlaces, readSoFar: () => read };
}
type Tap = Pick<typeof t, 'teardown' | 'equal' | 'strictSame'>;

export const statuses = async (asked: readonly { status: Promise<number> }[]) =>
  new Set(await Promise.all(asked.map(({ status }) => status)));
