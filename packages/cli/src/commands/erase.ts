import { setTimeout as sleep } from 'node:timers/promises';
import type { Erasure, Tenant } from '@claras/contracts/console-api';
import { type Command, tenantOption } from '../command.ts';
import { Refusal } from '../refusal.ts';

const lookMs = 500;

const progressText = ({ tenant, by, began, finished, waiting, entry }: Erasure): string =>
  [
    finished ? `${tenant} is erased, since ${finished}` : `${tenant} is being erased; waiting for ${waiting.join(', ')}`,
    `begun ${began} by ${by}${entry ? `; last entry of its audit log: ${entry.number} ${entry.hash}` : ''}`,
  ].join('\n');

export const tenantErase: Command = {
  name: 'tenant erase',
  options: {
    ...tenantOption,
    confirm: { placeholder: 'NAME', help: 'the tenant’s name, as tenant list shows it: it is erased for good' },
    watch: { help: 'go on until it is done' },
    status: { help: 'erase nothing, only show how far it is' },
  },
  help: 'Erase a tenant for good: at once no key of it works, and then nothing is left of its people. Its bill goes to 0 seats.',
  async run({ api, value, has, print, tell }) {
    const tenant = value('tenant') as string;
    const name = value('confirm');
    if (name === undefined && !has('status')) {
      const { name } = await api.get<Tenant>(['tenants', tenant]);
      throw new Refusal(
        `nothing was erased: this takes away all that "${name}" has here, for good. If you mean it, add --confirm "${name}"`,
      );
    }
    const ask = () => api.get<Erasure>(['erasures', tenant]);
    let report = has('status') ? await ask() : await api.post<Erasure>(['erasures'], { tenant, name });
    for (; has('watch') && !report.finished; report = await ask()) {
      tell(progressText(report));
      await sleep(lookMs);
    }
    print(report, () => progressText(report));
  },
};
