import type { Redis } from 'ioredis';

/** `always`: what is acknowledged is on the server's disk (appendonly yes, appendfsync always). `unknown`: it does not tell. */
export type Durability = 'always' | 'weaker' | 'unknown';

async function durabilityOf(node: Redis): Promise<Durability> {
  const settings = (await node.config('GET', 'append*').catch((error: Error) => {
    if (error.name === 'ReplyError') return [];
    throw error;
  })) as string[];
  if (settings.length === 0) return 'unknown';
  const value = (name: string) => settings[settings.indexOf(name) + 1];
  return value('appendonly') === 'yes' && value('appendfsync') === 'always' ? 'always' : 'weaker';
}

/** The weakest of the nodes. One of several that does not answer does not tell; where none does, it throws. */
export async function weakestDurability(nodes: readonly Redis[]): Promise<Durability> {
  const asked = await Promise.allSettled(nodes.map(durabilityOf));
  const silent = asked.filter((answer) => answer.status === 'rejected');
  if (silent.length === asked.length) throw silent[0]?.reason ?? new Error('no node is known');
  const told = asked.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'unknown'));
  return (['weaker', 'unknown'] as const).find((level) => told.includes(level)) ?? 'always';
}
