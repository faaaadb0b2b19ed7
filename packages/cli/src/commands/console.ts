import type { ConsoleLink, NewConsoleLink } from '@claras/contracts/console-api';
import type { Command } from '../command.ts';
import { UsageError } from '../refusal.ts';

export const consoleLink: Command = {
  name: 'console link',
  options: {
    tenant: { placeholder: 'T', help: 'the tenant’s id; with --email' },
    email: { placeholder: 'ADDRESS', help: 'of an active owner or manager of the tenant; without both: the operator' },
  },
  help: 'Print a link that signs one person in to the console, once, within an hour.',
  async run({ api, value, print }) {
    const [tenant, email] = [value('tenant'), value('email')];
    if ((tenant === undefined) !== (email === undefined)) throw new UsageError('give --tenant and --email, or neither');
    const wanted: NewConsoleLink = { ...(tenant === undefined ? {} : { tenant }), ...(email === undefined ? {} : { email }) };
    const link = await api.post<ConsoleLink>(['console-links'], wanted);
    print(link, () => link.url);
  },
};
