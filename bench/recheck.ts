import { parseArgs } from 'node:util';
import type { RecheckProgress } from '@claras/contracts/console-api';
import { eventually, localGateway } from '../test/support/gateway.ts';
import { client } from '../test/support/rule-stories.ts';

/** Seconds to check everyone's role again after a mapping was saved, against `npm start`: `node bench/recheck.ts --users 100000`. */
const { users } = parseArgs({ options: { users: { type: 'string', default: '100000' } } }).values;
const count = Number(users);
const inBulk = 1000;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const gateway = await localGateway();
const { api, scimUrl } = gateway;
try {
  const tenant = await api.tenant('Recheck', ['a.example']);
  const send = client(scimUrl, tenant.key);
  async function bulk(from: number): Promise<string[]> {
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'];
    const Operations = Array.from({ length: Math.min(inBulk, count - from) }, (_, n) => ({
      ...{ method: 'POST', path: '/Users', bulkId: `u${from + n}` },
      data: { userName: `u${from + n}@a.example`, displayName: `User ${from + n}` },
    }));
    const { Operations: results } = await send<{ Operations: { location: string }[] }>('POST', '/Bulk', { schemas, Operations });
    return results.map(({ location }) => location.split('/').at(-1) as string);
  }

  const group = await send('POST', '/Groups', { displayName: 'Everyone' });
  const even = await send('POST', '/Groups', { displayName: 'Every second' });
  const atOnce = 16;
  for (let from = 0; from < count; from += inBulk * atOnce) {
    const starts = Array.from({ length: atOnce }, (_, n) => from + n * inBulk).filter((start) => start < count);
    const ids = (await Promise.all(starts.map(bulk))).flat();
    const add = (to: string, some: string[]) =>
      send('PATCH', `/Groups/${to}`, { Operations: [{ op: 'add', path: 'members', value: some.map((value) => ({ value })) }] });
    await Promise.all([
      add(group.id, ids),
      add(
        even.id,
        ids.filter((_, n) => n % 2 === 0),
      ),
    ]);
    say(`${Math.min(count, from + inBulk * atOnce)} of ${count} users`);
  }
  const idle = async () => ((await api.ask<{ messages: number }>('GET', '/lag')).messages === 0 ? true : undefined);
  await eventually(600_000, 'everything before is done', idle);

  const progress = async () => (await api.ask<{ recheck: RecheckProgress | null }>('GET', `/tenants/${tenant.id}/recheck`)).recheck;
  async function recheck(name: string, mapping: object): Promise<void> {
    const before = (await progress())?.sequence;
    const began = performance.now();
    await api.map(tenant.id, tenant.provider, mapping);
    const done = await eventually(600_000, 'the re-check is done', async () => {
      const now = await progress();
      return now?.finished && now.sequence !== before ? now : undefined;
    });
    say(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s from saving to done; ${done.changed} of ${done.total} changed`);
  }
  await recheck('nobody changes', { owner: ['Nobody'] });
  await recheck('every second changes', { manager: ['Every second'] });
  await recheck('the others change too', { manager: ['Every second'], assistant: ['Everyone'] });
} finally {
  await gateway.remove();
}
