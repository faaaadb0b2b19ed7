import { ledger } from '@claras/billing-ledger/ledger';
import { fromRecord } from '@claras/contracts/cloud-event';
import type { DirectoryEvent, DirectoryFact } from '@claras/contracts/events';
import { epochOf, followsOn, startOf } from '@claras/contracts/sequence';
import { type TopicName, topics } from '@claras/contracts/topics';
import { coreApp } from '@claras/core-app/core-app';
import type { Bus } from '@claras/ports/bus/bus';
import type { Scope, Store } from '@claras/ports/store/store';
import { positions } from '@claras/service-kit/position';
import type { Promised } from './company.ts';
import type { EffectsLedger } from './effects-ledger.ts';
import { type ExpectedDirectory, expectedDirectory, roleByUserName } from './expected-team.ts';
import type { Misfortune } from './misfortune.ts';
import { consumerNames } from './processes.ts';
import type { WorldClock } from './world-clock.ts';

interface Evidence {
  clock: WorldClock;
  store: Store;
  bus: Bus;
  effects: EffectsLedger;
}

/**
 * Nothing is on its way any more: requests for snapshots, outboxes, topics, queues aside and marks for billing are empty. Asked in the order of
 * the flow, since what leaves one place stands in the next.
 */
export async function isQuiet({ store, bus }: Evidence): Promise<boolean> {
  const [seen] = await store.read<number[]>('edge/', ['epochs']);
  if (!isSame(await store.epochs(), seen?.value ?? Array.from({ length: store.cells }, () => 0))) return false;
  const isEmpty = async (scope: Scope, index: string) => (await store.range(scope, index, { limit: 0 })).total === 0;
  const isPublished = async (service: string) => (await store.outbox(service)!.depth()).entries === 0;
  const isRead = async (group: string, topic: TopicName) => (await bus.lag(group, [topics[topic].name])).every(({ lag }) => lag === 0);

  if (!(await isRead('snapshots', 'request')) || !(await isEmpty('edge/', 'snapshots-wanted')) || !(await isPublished('edge')))
    return false;
  for (const name of consumerNames) if (!(await isRead(name, 'directory')) || !(await isEmpty(`${name}/`, 'aside'))) return false;
  if (!(await isPublished('core')) || !(await isRead('billing-sync', 'team'))) return false;
  return isEmpty('billing-sync/', 'dirty');
}

const isFirstOfLaterEpoch = (sequence: number, last: number): boolean =>
  epochOf(sequence) > epochOf(last) && sequence === startOf(epochOf(sequence)) + 1;

/** A subscriber of its own reads everything, and proves by the sequence that it missed nothing. */
async function readLog({ clock, bus }: Evidence, violations: string[]): Promise<Map<string, DirectoryEvent[]>> {
  const log = new Map<string, DirectoryEvent[]>();
  const consumer = await bus.consume({
    group: 'judge',
    topics: [topics.directory.name],
    async onBatch({ records }) {
      for (const record of records) {
        const event = fromRecord<DirectoryFact>('directory', record);
        const events = log.get(event.tenant) ?? [];
        log.set(event.tenant, events);
        const last = events.at(-1)?.sequence ?? 0;
        if (followsOn(event.sequence, last) || isFirstOfLaterEpoch(event.sequence, last)) events.push(event);
        else if (event.sequence > last) violations.push(`${event.tenant}: ${event.sequence} stands on the topic before its turn`);
      }
    },
  });
  await clock.sleep(1000);
  await consumer.close();
  return log;
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const sorted = (items: Iterable<string>): string[] => [...items].sort();

/** Every acknowledged write stands in the log, and nothing else does. */
function judgeWrites(promised: Promised, logged: ExpectedDirectory): string[] {
  const wrong = [...promised.broken];
  const differ = (what: string, want: unknown, is: unknown) => {
    if (!isSame(want, is)) wrong.push(`${what}: acknowledged ${JSON.stringify(want)}, in the log ${JSON.stringify(is)}`);
  };
  differ('users', sorted(promised.users.keys()), sorted(logged.users.keys()));
  differ('groups', sorted(promised.groups.keys()), sorted(logged.groups.keys()));
  differ('mapping', promised.mapping, logged.mapping);
  for (const [id, { userName, displayName, email, active }] of promised.users) {
    const profile = logged.team.get(userName);
    differ(id, [displayName, email, active], [profile?.displayName, profile?.email, logged.users.get(id)?.active]);
  }
  for (const [id, { displayName, members }] of promised.groups) {
    const group = logged.groups.get(id);
    differ(id, [displayName, sorted(members)], [group?.displayName, sorted(group?.members ?? [])]);
  }
  return wrong;
}

async function judgeTenant(
  evidence: Evidence & { misfortune: Misfortune },
  promised: Promised,
  events: readonly DirectoryEvent[],
): Promise<string[]> {
  const { clock, store, effects } = evidence;
  const durable = { store, runtime: clock };
  const { tenant } = promised;
  const logged = expectedDirectory(events);
  const wrong = judgeWrites(promised, logged);

  const { sequence } = await store.range(`edge/${tenant}`, 'users', { limit: 0 });
  const end = events.at(-1)?.sequence ?? 0;
  if (end !== sequence) wrong.push(`the directory is at ${sequence}, the topic ends at ${end}`);
  for (const name of consumerNames) {
    const { applied, aside } = await positions(store, clock, name).read(tenant);
    if (applied !== sequence || aside) wrong.push(`${name} is at ${applied}${aside ? ', aside' : ''}; the directory at ${sequence}`);
  }

  const core = coreApp(durable);
  const { profiles } = await core.list(tenant, { limit: 1000 });
  for (const { id, userName } of profiles)
    if (promised.owners.has(id) && userName && logged.team.has(userName)) logged.team.get(userName)!.role = 'owner';
  // A role that was given and taken while a reader knew nothing is not made up for: whom no group matches keeps what it has (M9), and an owner too (M10).
  const judged = ({ userName = '', role }: { userName?: string | undefined; role: string }): string => {
    const matched = roleByUserName(logged, userName);
    return evidence.misfortune === 'none' || (matched !== undefined && role !== 'owner') ? role : (matched ?? 'any');
  };
  // Of somebody who is gone a reader may never have heard; whom it heard of is archived.
  const known = new Set([...logged.users.values()].map(({ userName }) => userName));
  const isJudged = ({ userName = '', status }: { userName?: string | undefined; status: string }): boolean =>
    evidence.misfortune === 'none' || known.has(userName) || status !== 'archived';
  const is = profiles
    .filter(isJudged)
    .map(({ userName, displayName, email, role, status }) =>
      JSON.stringify({ userName, displayName, email, role: judged({ userName, role }), status }),
    );
  const want = [...logged.team.values()].filter(isJudged).map((profile) => JSON.stringify({ ...profile, role: judged(profile) }));
  for (const profile of want) if (!is.includes(profile)) wrong.push(`the team lacks ${profile}`);
  for (const profile of is) if (!want.includes(profile)) wrong.push(`the team has ${profile}`);

  const active = profiles.filter(({ status }) => status === 'active').length;
  const seats = await core.seats(tenant);
  const billed = (await ledger(durable).billed(tenant))?.quantity ?? 0;
  if (seats.active !== active || billed !== active) wrong.push(`${active} active, ${seats.active} seats, ${billed} billed`);

  for (const { token } of promised.sessions) {
    const profile = await core.session(tenant, token);
    if (profile && (profile.status === 'archived' || effects.mustBeOver(tenant, token))) wrong.push(`a session of ${profile.id} goes on`);
  }
  return wrong.map((line) => `${tenant}: ${line}`);
}

/** What must hold once everything is quiet; empty when it does. */
export async function verdict(evidence: Evidence & { misfortune: Misfortune }, companies: readonly Promised[]): Promise<string[]> {
  const violations = [...evidence.effects.violations];
  const log = await readLog(evidence, violations);
  // Where something is missing on the topic, what is left may make no sense.
  const senseless = (error: Error): string[] => [`the log makes no sense: ${error.message}`];
  for (const promised of companies)
    violations.push(...(await judgeTenant(evidence, promised, log.get(promised.tenant) ?? []).catch(senseless)));
  return violations;
}
