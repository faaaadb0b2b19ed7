import type { RepairReport, VerificationReport } from '@claras/contracts/console-api';
import { type Command, tenantOption } from '../command.ts';
import { Refusal } from '../refusal.ts';
import { table } from '../table.ts';

const columns = ['user', 'name', 'kind', 'expected', 'found'] as const;
const counted = (count: number): string => (count === 1 ? '1 difference' : `${count} differences`);

export const verify: Command = {
  name: 'verify',
  options: {
    ...tenantOption,
    repair: { help: 'say to the consumers once more what the directory says of those who differ; what a hand set stands' },
  },
  help: 'Compare the directory, the core app and the bill, and say each difference; exit code 1 where they differ.',
  async run({ api, value, has, print, tell }) {
    const tenant = value('tenant') as string;
    const report = await api.get<VerificationReport>(['tenants', tenant, 'verification']);
    const { differences, byHand, users, profiles, seats } = report;
    print(report, () =>
      [
        `${users} users, ${profiles} profiles, ${seats.active} seats, ${seats.billed ?? 0} billed: ${counted(differences.total)}`,
        ...(differences.total > 0 ? [table(columns, differences.items)] : []),
        ...(byHand.total > 0 ? [`${byHand.total} set by hand, which stand until Entra says otherwise:`, table(columns, byHand.items)] : []),
      ].join('\n'),
    );
    const billed = seats.active === (seats.billed ?? 0);
    if (!billed)
      tell('The bill differs from the seats: billing-sync sets it right by itself; claras-scim seats explain says what holds it.');
    if (differences.total === 0 && billed) return;
    if (!has('repair')) throw new Refusal('they differ; --repair says the directory’s word once more');
    const { users: told } = await api.post<RepairReport>(['tenants', tenant, 'verification', 'repair']);
    tell(`The directory’s word on ${told} users is on its way; verify again when claras-scim lag says that nothing waits.`);
  },
};
