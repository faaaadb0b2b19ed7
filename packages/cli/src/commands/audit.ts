import type { AuditEntry } from '@claras/contracts/console-api';
import { brokenAt } from '@claras/domain/audit-chain';
import type { Api } from '../api.ts';
import { type Command, tenantOption } from '../command.ts';
import { Refusal } from '../refusal.ts';
import { table } from '../table.ts';

const pageSize = 1000;

const pageOf = async (api: Api, tenant: string, query: Record<string, string>): Promise<AuditEntry[]> =>
  (await api.get<{ items: AuditEntry[] }>(['tenants', tenant, 'audit-log'], query)).items;

export const auditList: Command = {
  name: 'audit list',
  options: { ...tenantOption, limit: { placeholder: 'N', help: 'how many, newest first (default 100)' } },
  help: 'Show who did what to keys, providers, mappings, roles and links of profiles.',
  async run({ api, value, print }) {
    const entries = await pageOf(api, value('tenant') as string, { limit: value('limit') ?? '100' });
    const rows = entries.map(({ number, time, by, action, subject, details }) => ({
      number,
      time,
      by,
      action,
      subject,
      details: JSON.stringify(details),
    }));
    print(entries, () => table(['number', 'time', 'by', 'action', 'subject', 'details'], rows));
  },
};

export const auditVerify: Command = {
  name: 'audit verify',
  options: { ...tenantOption, head: { placeholder: 'HASH', help: 'a hash that was noted earlier: it must still stand in the log' } },
  help: 'Follow the chain of hashes through the whole audit log; fails where an entry was changed, removed or put in.',
  async run({ api, value, print, tell }) {
    const tenant = value('tenant') as string;
    const noted = value('head');
    const newestFirst: AuditEntry[] = [];
    for (let oldest: AuditEntry | undefined; oldest?.number !== 1; oldest = newestFirst.at(-1)) {
      const page = await pageOf(api, tenant, { limit: String(pageSize), ...(oldest ? { before: String(oldest.number) } : {}) });
      if (page.length === 0) break;
      newestFirst.push(...page);
    }
    const chain = newestFirst.toReversed();
    const [first] = chain;
    const broken = brokenAt(chain, first && { number: first.number - 1, hash: first.previous });
    if (broken !== undefined)
      throw new Refusal(`the audit log of ${tenant} is broken at entry ${broken}: it was changed, removed or put in`);
    if (first && first.number !== 1) throw new Refusal(`the audit log of ${tenant} is broken: its entries before ${first.number} are gone`);
    const seen = noted === undefined || chain.some(({ hash }) => hash === noted);
    if (!seen) throw new Refusal(`no entry of ${tenant} has the hash ${noted}: entries behind it were removed`);
    const entries = chain.length;
    const found = { entries, head: chain.at(-1)?.hash ?? '' };
    print(found, () => `${entries} entries, the chain is whole; head ${found.head || '-'}`);
    if (entries > 0) tell(`Keep the head elsewhere; next time: audit verify --tenant ${tenant} --head=${found.head}`);
  },
};
