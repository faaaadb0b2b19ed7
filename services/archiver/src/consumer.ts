import type { DirectoryFact } from '@claras/contracts/events';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import { type ConsumerParts, consumeEvents } from '@claras/service-kit/consumer';
import { coreChanges } from '@claras/service-kit/core-changes';
import { settledEvents } from '@claras/service-kit/outcomes';
import { decide } from './decide.ts';

const name = 'archiver';

/** Archives profiles whose user lost access, and restores them: a lane of its own, so that access never waits behind anything else. */
export function archiver(parts: ConsumerParts & { coreApp: Pick<CoreApp, 'apply'> }): Promise<{ close(): Promise<void> }> {
  const { runtime, metrics } = parts;
  const send = coreChanges(parts);
  const revocation = metrics.histogram('claras_access_revocation_seconds', 'Time from the acknowledged SCIM write to access denied');

  return consumeEvents<DirectoryFact>({
    ...parts,
    name,
    topic: 'directory',
    async handle(turn) {
      const { events, settle } = turn;
      const changes = decide(events);
      const results = await send(turn, changes);
      const archived = new Set(changes.filter(({ access }) => access === 'archived').map(({ sequence }) => sequence));
      for (const { sequence, time } of events)
        if (archived.has(sequence)) revocation.observe(Math.max(0, runtime.now() - Date.parse(time)) / 1000);
      const through = events.at(-1)!.sequence;
      await settle(through, { events: settledEvents(name, through, results, runtime.now()) });
      return 'done';
    },
  });
}
