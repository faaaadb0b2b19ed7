import type { DirectoryEvent, DirectoryFact } from '@claras/contracts/events';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import { alarms } from '@claras/service-kit/alarms';
import { type ConsumerParts, consumeEvents } from '@claras/service-kit/consumer';
import { coreChanges } from '@claras/service-kit/core-changes';
import { settledEvents } from '@claras/service-kit/outcomes';
import type { Turn } from '@claras/service-kit/turn';
import { decide, type Known, nothingKnown, retries, withAccess, withResults } from './decide.ts';
import { isFinished, unnamed } from './unnamed.ts';

const name = 'profile-sync';
const knownKey = 'known';

/** Keeps the identity of profiles (names, e-mail, userName) as the directory has it. */
export function profileSync(
  parts: ConsumerParts & { coreApp: Pick<CoreApp, 'apply' | 'linkedBefore'> },
): Promise<{ close(): Promise<void> }> {
  const { runtime } = parts;
  const send = coreChanges(parts);
  const sweep = unnamed({ ...parts, name, send, alarms: alarms(parts) });

  async function fold(turn: Turn<DirectoryFact>, events: readonly DirectoryEvent[]): Promise<void> {
    const { read, settle } = turn;
    const [stored] = await read<Known>([knownKey]);
    const before = stored?.value ?? nothingKnown;
    const { known, changes } = decide(before, events);
    const first = await send(turn, changes);
    const tried = withAccess(withResults(known, changes, first), events);
    const again = retries(tried, events);
    const second = await send(turn, again);
    const after = withResults(tried, again, second);
    const through = events.at(-1)!.sequence;
    const told = settledEvents(name, through, [...first, ...second], runtime.now());
    await settle(through, { events: told, ...(after === before ? {} : { put: { [knownKey]: after } }) });
  }

  return consumeEvents<DirectoryFact>({
    ...parts,
    name,
    topic: 'directory',
    async handle(turn) {
      for (const step of steps(turn.events)) {
        if (step.length > 1 || !isFinished(step[0]!)) await fold(turn, step);
        else {
          const [known] = await turn.read<Known>([knownKey]);
          if ((await sweep(turn, step[0], known?.value.snapshot)) === 'later') return 'later';
          await fold(turn, step);
        }
      }
      return 'done';
    },
  });
}

/** The events, each end of a snapshot by itself. */
function steps(events: readonly DirectoryEvent[]): DirectoryEvent[][] {
  const found: DirectoryEvent[][] = [];
  for (const event of events) {
    const last = found.at(-1);
    if (last && !isFinished(event) && !isFinished(last[0]!)) last.push(event);
    else found.push([event]);
  }
  return found;
}
