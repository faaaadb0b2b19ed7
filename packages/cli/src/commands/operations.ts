import { setTimeout as sleep } from 'node:timers/promises';
import type { AlarmList, LagReport, SeatReport, SeatRow } from '@claras/contracts/console-api';
import type { Profile } from '@claras/contracts/events';
import { type HealthReport, stateOf } from '@claras/contracts/health';
import { isBillable } from '@claras/domain/seat';
import { type Command, tenantOption } from '../command.ts';
import { Refusal } from '../refusal.ts';
import { table } from '../table.ts';
import { nameOf, teamOf } from './team.ts';

export const seats: Command = {
  name: 'seats',
  options: tenantOption,
  help: 'Show the seats that count (active profiles) and the seats that are billed.',
  async run({ api, value, print }) {
    const report = await api.get<SeatReport>(['tenants', value('tenant') as string, 'seats']);
    const billed = report.billed?.quantity ?? (report.refused ? `unknown, ${report.refused}` : 'never');
    const held = report.held ? `\nheld ${report.held.quantity} since ${report.held.since}` : '';
    print(report, () => `active ${report.active}\nbilled ${billed}${held}`);
  },
};

export const seatsExplain: Command = {
  name: 'seats explain',
  options: tenantOption,
  help: 'Say why the bill is what it is: who has a seat, and each change of the quantity.',
  async run({ api, value, print }) {
    const tenant = value('tenant') as string;
    const people: Profile[] = [];
    for await (const profile of teamOf(api, tenant)) if (isBillable(profile)) people.push(profile);
    const { items: ledger } = await api.get<{ items: SeatRow[] }>(['tenants', tenant, 'seats', 'ledger']);
    const lines = ledger.map(({ at, kind, before, quantity, version, reason, key }) => ({
      at,
      what: kind,
      change: `${before ?? '-'} → ${quantity}`,
      version,
      why: reason ?? key ?? '',
    }));
    print({ seats: people, ledger }, () =>
      [
        `${people.length} seats: active profiles of the team`,
        table(
          ['who', 'role', 'from'],
          people.map((profile) => ({ who: nameOf(profile), role: profile.role, from: profile.scimId ? 'SCIM' : 'Claras' })),
        ),
        table(['at', 'what', 'change', 'version', 'why'], lines),
      ].join('\n\n'),
    );
  },
};

export const seatsApprove: Command = {
  name: 'seats approve',
  options: tenantOption,
  help: 'Let a held swing of seats be billed. Access was revoked already.',
  async run({ api, value, tell }) {
    const tenant = value('tenant') as string;
    const { held } = await api.get<SeatReport>(['tenants', tenant, 'seats']);
    if (!held) throw new Refusal(`no seats of ${tenant} are held`);
    await api.post(['tenants', tenant, 'seats', 'approval'], { quantity: held.quantity });
    tell(`${held.quantity} seats will be billed.`);
  },
};

export const age = (seconds: number | null): string => (seconds === null ? 'unknown' : seconds.toFixed(1));

export const lag: Command = {
  name: 'lag',
  options: { watch: { help: 'go on, every second, until you stop it' } },
  help: 'Show what waits for each consumer, in messages and in seconds.',
  async run({ api, has, print }) {
    for (;;) {
      const report = await api.get<LagReport>(['lag']);
      print(report, () => lagText(report));
      if (!has('watch')) return;
      await sleep(1000);
    }
  },
};

function lagText(report: LagReport): string {
  const rows = report.groups.flatMap(({ group, topic, messages, seconds, paused, partitions }) => [
    { group: paused ? `${group} (paused)` : group, topic, partition: 'all', messages, seconds: age(seconds) },
    ...partitions.map((part) => ({
      group,
      topic,
      partition: String(part.partition),
      messages: part.messages,
      seconds: age(part.seconds),
    })),
  ]);
  const outboxes = report.outboxes.map(({ source, messages, seconds }) => ({
    outbox: source,
    messages,
    seconds: messages > 0 ? age(seconds) : '',
  }));
  return [
    `${report.messages} wait, ${age(report.seconds)} s`,
    table(['group', 'topic', 'partition', 'messages', 'seconds'], rows),
    ...(outboxes.length > 0 ? ['', table(['outbox', 'messages', 'seconds'], outboxes)] : []),
  ].join('\n');
}

export const alarms: Command = {
  name: 'alarms',
  help: 'List what somebody must know of a tenant: which consumer says it, since when, and what it is. Each ends with its cause.',
  async run({ api, print }) {
    const { items } = await api.get<AlarmList>(['alarms']);
    print({ items }, () => table(['since', 'tenant', 'consumer', 'kind', 'detail'], items));
  },
};

export const health: Command = {
  name: 'health',
  help: 'Show whether everything works; exit code 1 where something waits or needs somebody.',
  async run({ api, print }) {
    const report = (await api.health()).body as HealthReport;
    const { ok, needsSomebody, checks } = report;
    const rows = Object.entries(checks).map(([part, check]) => ({
      part,
      state: stateOf(check, 'waits'),
      detail: check.detail ?? '',
    }));
    print(report, () => [stateOf(report, 'not ok'), ...(rows.length > 0 ? [table(['part', 'state', 'detail'], rows)] : [])].join('\n'));
    if (!ok) throw new Refusal('something waits; it goes on by itself once what it waits for answers');
    if (needsSomebody) throw new Refusal('somebody is needed; docs/runbook.md says for each what to do');
  },
};
