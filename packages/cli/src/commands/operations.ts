import type { LagReport, SeatReport } from '@claras/contracts/console-api';
import { type Command, tenantOption } from '../command.ts';
import { Refusal } from '../refusal.ts';
import { table } from '../table.ts';

export const seats: Command = {
  name: 'seats',
  options: tenantOption,
  help: 'Show the seats that count (active profiles) and the seats that are billed.',
  async run({ api, value, print }) {
    const report = await api.get<SeatReport>(['tenants', value('tenant') as string, 'seats']);
    print(report, () => `active ${report.active}\nbilled ${report.billed?.quantity ?? 'never'}`);
  },
};

const age = (seconds: number | null): string => (seconds === null ? 'unknown' : seconds.toFixed(1));

export const lag: Command = {
  name: 'lag',
  help: 'Show what waits for each consumer, in messages and in seconds.',
  async run({ api, print }) {
    const report = await api.get<LagReport>(['lag']);
    const rows = report.groups.flatMap(({ group, topic, messages, seconds, partitions }) => [
      { group, topic, partition: 'all', messages, seconds: age(seconds) },
      ...partitions.map((part) => ({
        group,
        topic,
        partition: String(part.partition),
        messages: part.messages,
        seconds: age(part.seconds),
      })),
    ]);
    print(report, () => table(['group', 'topic', 'partition', 'messages', 'seconds'], rows));
  },
};

interface Health {
  ok: boolean;
  checks: Record<string, { ok: boolean; detail?: string }>;
}

export const health: Command = {
  name: 'health',
  help: 'Show whether everything works; exit code 1 where something waits.',
  async run({ api, print }) {
    const { ok, checks } = (await api.health()).body as Health;
    const rows = Object.entries(checks).map(([part, check]) => ({
      part,
      state: check.ok ? 'ok' : 'waits',
      detail: check.detail ?? '',
    }));
    print({ ok, checks }, () => [ok ? 'ok' : 'not ok', ...(rows.length > 0 ? [table(['part', 'state', 'detail'], rows)] : [])].join('\n'));
    if (!ok) throw new Refusal('something waits; it goes on by itself once what it waits for answers');
  },
};
