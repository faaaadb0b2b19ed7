import { fromRecord } from '@claras/contracts/cloud-event';
import type { DirectoryFact, ProfileFact } from '@claras/contracts/events';
import { topics } from '@claras/contracts/topics';
import { openBacking } from '@claras/ports/backing';
import type { Received } from '@claras/ports/bus/bus';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { paced } from './paced.ts';

export const perSecond = 100;

/** What became of one request and when, in milliseconds since 1970. */
export interface Course {
  sent: number;
  answered: number;
  /** On claras.directory.v1, as the log says. */
  published?: number;
  /** In the core app: the ce_time of the team event, which it writes with the effect. */
  done?: number;
  /** On claras.team.v1. */
  told?: number;
}
/** By what the request brings about, such as `profile.created effect7@fabrikam.example`. */
export type Courses = Map<string, Course>;

const name = (n: number): string => `effect${n}@fabrikam.example`;

/** POST of a user, then PATCH active "False" of the one made a second before, in turn. */
export async function load(url: string, key: string, from: number, count: number): Promise<Courses> {
  const courses: Courses = new Map();
  const ids = new Map<number, string>();
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
  async function call(what: string, method: string, path: string, body: object): Promise<{ id: string }> {
    const course = { sent: Date.now(), answered: Number.NaN };
    courses.set(what, course);
    const answer = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    const said = (await answer.json()) as { id: string };
    course.answered = Date.now();
    return said;
  }
  await paced(perSecond, count, async (at) => {
    const n = from + at;
    const earlier = n - perSecond - 1;
    const id = ids.get(earlier);
    if (n % 2 === 0 || id === undefined) {
      const user = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: name(n), displayName: 'Maja Lind', active: true };
      ids.set(n, (await call(`profile.created ${name(n)}`, 'POST', '/Users', user)).id);
    } else {
      const Operations = [{ op: 'Replace', path: 'active', value: 'False' }];
      const patch = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations };
      await call(`profile.archived ${name(earlier)}`, 'PATCH', `/Users/${id}`, patch);
    }
  });
  return courses;
}

/** Reads from the topics what became of the requests, by the first event of each. */
export async function follow(where: { storeUrl: string; busUrl: string }, courses: Courses): Promise<void> {
  const backing = await openBacking({ ...where, cells: 64, runtime });
  let left = 2 * courses.size;
  function publishedBy(record: Received): void {
    const { type, data } = fromRecord<DirectoryFact>('directory', record);
    if (type !== 'user.created' && type !== 'user.updated') return;
    const course = courses.get(`${type === 'user.created' ? 'profile.created' : 'profile.archived'} ${data.user.userName}`);
    if (!course || course.published) return;
    course.published = record.time;
    left--;
  }
  function toldBy(record: Received): void {
    const { type, time, data } = fromRecord<ProfileFact>('team', record);
    const course = courses.get(`${type} ${data.profile.userName}`);
    if (!course || course.told) return;
    Object.assign(course, { done: Date.parse(time), told: record.time });
    left--;
  }
  const reader = await backing.bus.consume({
    group: `bench-${runtime.id()}`,
    topics: [topics.directory.name, topics.team.name],
    async onBatch({ topic, records }) {
      records.forEach(topic === topics.team.name ? toldBy : publishedBy);
    },
  });
  for (let tries = 0; left > 0 && tries < 100; tries++) await runtime.sleep(100);
  await reader.close();
  await backing.close();
}
