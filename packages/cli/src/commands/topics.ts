import type { TopicsReport } from '@claras/contracts/console-api';
import type { Command } from '../command.ts';
import { table } from '../table.ts';

export const topicsApply: Command = {
  name: 'topics apply',
  options: { 'dry-run': { help: 'only say what differs' } },
  help: 'Set the topics up as they should be: retention, record size, how many brokers acknowledge.',
  async run({ api, has, print }) {
    const report = await api.post<TopicsReport>(['topics'], { dryRun: has('dry-run') });
    const { topics, changes } = report;
    print(report, () =>
      changes.length === 0 ? `${topics.length} topics, each as it should be` : table(['topic', 'setting', 'is', 'wanted'], changes),
    );
  },
};
