import { setTimeout as sleep } from 'node:timers/promises';
import type { EpochReport, SnapshotReport } from '@claras/contracts/console-api';
import { type Command, tenantOption } from '../command.ts';

const lookMs = 500;

function progressText({ wanted, snapshot }: SnapshotReport): string {
  if (!snapshot) return wanted ? 'waits to begin' : 'none was ever made';
  const { users, groups, total, began, finished, reason } = snapshot;
  const state = finished ? `finished in ${((Date.parse(finished) - Date.parse(began)) / 1000).toFixed(1)} s` : 'running';
  return `${state}: ${users} of ${total.users} users, ${groups} of ${total.groups} groups; ${reason}${finished && wanted ? '; another one waits' : ''}`;
}

export const snapshot: Command = {
  name: 'snapshot',
  options: { ...tenantOption, watch: { help: 'go on until it is done' }, status: { help: 'ask for none, only show the last one' } },
  help: 'Let the directory say to every consumer all that it has of a tenant, and let them forget what they knew. Changes by hand stand.',
  async run({ api, value, has, print, tell }) {
    const path = ['tenants', value('tenant') as string, 'snapshot'];
    let report = has('status') ? await api.get<SnapshotReport>(path) : await api.post<SnapshotReport>(path);
    while (has('watch') && (report.wanted || (report.snapshot && !report.snapshot.finished))) {
      tell(progressText(report));
      await sleep(lookMs);
      report = await api.get<SnapshotReport>(path);
    }
    print(report, () => progressText(report));
  },
};

export const epochShow: Command = {
  name: 'epoch show',
  options: {},
  help: 'Show the store’s epoch: it grows when a replica was promoted, and when an operator says so.',
  async run({ api, print }) {
    const report = await api.get<EpochReport>(['epoch']);
    print(report, () => String(report.epoch));
  },
};

export const epochRaise: Command = {
  name: 'epoch raise',
  options: {},
  help: 'Begin a new epoch after the store was restored from a backup: events go on behind all that were lost, and every tenant gets a snapshot.',
  async run({ api, print, tell }) {
    const report = await api.post<EpochReport>(['epoch']);
    print(report, () => String(report.epoch));
    tell('Every tenant’s snapshot is on its way; claras-scim verify says what is left.');
  },
};
