import type { Founding } from '@claras/entra-simulator/company';
import { type ExpectedMember, expectSeats, expectTeam, type Mapping, type Story } from '@claras/entra-simulator/expect-team';
import type { CycleName } from '@claras/entra-simulator/history';
import type { Report } from '@claras/entra-simulator/report';
import type { Test } from 'tap';
import { eventually, type RestApi } from './gateway.ts';

export type { CycleName };

/** The mapping of the stories: the company's first groups have these names. */
export const mapping: Mapping = { owner: ['Claras Owners'], manager: ['Claras Managers'], assistant: ['Claras Assistants'] };

const rows = (team: readonly { userName?: string; role: string; status: string }[]): string[] =>
  team.map(({ userName, role, status }) => `${userName} ${role} ${status}`).sort();

/** No failure and no difference on the edge. */
export function played(t: Test, { failures, differences, ...report }: Report): void {
  t.strictSame(
    { failures, differences },
    { failures: [], differences: [] },
    `${report.cycle}: nothing failed and the edge has what was sent`,
  );
}

/** The team page and the bill are, before long, what the rules of the help page make of the story. */
export async function teamIs(t: Test, api: RestApi, tenant: string, founding: Founding, story: Story): Promise<void> {
  const wanted: ExpectedMember[] = expectTeam(founding, story);
  const seats = expectSeats(wanted);
  const same = async () => {
    const [team, bill] = await Promise.all([api.team(tenant), api.seats(tenant)]);
    return bill.active === seats && bill.billed?.quantity === seats && rows(team).join() === rows(wanted).join() ? true : undefined;
  };
  await eventually(60_000, 'team and seats are exact', same).catch(() => undefined);
  const bill = await api.seats(tenant);
  t.strictSame(rows(await api.team(tenant)), rows(wanted), 'every profile, role and status');
  t.match(bill, { active: seats, billed: { quantity: seats } }, 'every seat');
}
