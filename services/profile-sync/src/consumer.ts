import type { DirectoryFact } from '@claras/contracts/events';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import { type ConsumerParts, consumeEvents } from '@claras/service-kit/consumer';
import { coreChanges } from '@claras/service-kit/core-changes';
import { decide, type LinkDomains } from './decide.ts';

const name = 'profile-sync';
const domainsKey = 'domains';

/** Keeps the identity of profiles (names, e-mail, userName) as the directory has it. */
export function profileSync(parts: ConsumerParts & { coreApp: CoreApp }): Promise<{ close(): Promise<void> }> {
  const send = coreChanges(parts);

  return consumeEvents<DirectoryFact>({
    ...parts,
    name,
    topic: 'directory',
    async handle({ tenant, scope, events, settle }) {
      const [stored] = await parts.store.read<string[]>(scope, [domainsKey]);
      const before: LinkDomains = stored?.value ?? [];
      const { domains, changes } = decide(before, events);
      await send(tenant, changes);
      await settle(events.at(-1)!.sequence, domains === before ? {} : { put: { [domainsKey]: domains } });
      return 'done';
    },
  });
}
