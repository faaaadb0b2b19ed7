import type { Client } from './client.ts';
import type { Founding } from './company.ts';
import { type CycleName, cycleNames, lastHired } from './history.ts';
import { match } from './match.ts';

/** Which cycles of this company an edge has seen to their end: each leaves somebody whose name says after which others it was played. */
export async function playedOn(client: Client, founding: Founding): Promise<CycleName[]> {
  const played: CycleName[] = [];
  const isPresent = async (cycle: CycleName): Promise<boolean> => {
    const { userName } = lastHired(founding, [...played, cycle]).attributes;
    return (await match(client, 'match user', 'Users', userName)) !== undefined;
  };
  for (;;) {
    const present = await Promise.all(cycleNames.map(isPresent));
    const cycle = cycleNames[present.indexOf(true)];
    if (!cycle) return played;
    played.push(cycle);
  }
}
