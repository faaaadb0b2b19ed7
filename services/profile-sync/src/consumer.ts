import type { DirectoryFact } from '@claras/contracts/events';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import { type ConsumerParts, consumeEvents } from '@claras/service-kit/consumer';
import { coreChanges } from '@claras/service-kit/core-changes';
import { settledEvents } from '@claras/service-kit/outcomes';
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
    async handle({ tenant, scope, events, assertCurrent, settle }) {
      const [stored] = await parts.store.read<string[]>(scope, [domainsKey]);
      const before: LinkDomains = stored?.value ?? [];
      await assertCurrent();
      const { domains, changes } = decide(before, events);
      const results = await send(tenant, changes);
      const through = events.at(-1)!.sequence;
      const told = settledEvents(name, through, results, parts.runtime.now());
      await settle(through, { events: told, ...(domains === before ? {} : { put: { [domainsKey]: domains } }) });
      return 'done';
    },
  });
}
