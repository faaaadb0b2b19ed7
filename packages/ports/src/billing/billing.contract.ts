import type { Test } from 'tap';
import type { Billing } from './billing.ts';

/** What every billing system must do. */
export async function billingContract(t: Test, open: () => Promise<Billing>): Promise<void> {
  const billing = await open();

  await t.test('M24 the quantity is what was said last, by version', async (t) => {
    t.equal((await billing.billed('a'))?.version ?? 0, 0, 'nothing of ours yet');
    t.strictSame(await billing.setSeats('a', { quantity: 3, version: 5, key: 'a:5:3', at: 1 }), { quantity: 3, version: 5 });
    t.strictSame(
      await billing.setSeats('a', { quantity: 9, version: 4, key: 'a:4:9', at: 1 }),
      { quantity: 3, version: 5 },
      'an older count changes nothing',
    );
    await billing.setSeats('a', { quantity: 2, version: 8, key: 'a:8:2', at: 1 });
    t.strictSame(await billing.billed('a'), { quantity: 2, version: 8 });
  });

  await t.test('M24 the same key twice is one effect', async (t) => {
    const seats = { quantity: 4, version: 1, key: 'b:1:4', at: 1 };
    const answers = await Promise.all([billing.setSeats('b', seats), billing.setSeats('b', seats), billing.setSeats('b', seats)]);
    for (const answer of answers) t.strictSame(answer, { quantity: 4, version: 1 });
  });

  await t.test('M24 the same version with another quantity is a repair, and no key from before it undoes it', async (t) => {
    const first = { quantity: 3, version: 5, key: 'e:5:3', at: 1 };
    await billing.setSeats('e', first);
    await billing.setSeats('e', { quantity: 9, version: 5, key: 'e:5:9', at: 1 });
    t.strictSame(await billing.billed('e'), { quantity: 9, version: 5 });
    t.strictSame(await billing.setSeats('e', first), { quantity: 9, version: 5 }, 'a late copy is answered with what is billed');
    t.strictSame(await billing.billed('e'), { quantity: 9, version: 5 });
  });

  await t.test('tenants are billed apart', async (t) => {
    await billing.setSeats('c', { quantity: 1, version: 1, key: 'c:1:1', at: 1 });
    await billing.setSeats('d', { quantity: 7, version: 1, key: 'd:1:7', at: 1 });
    t.match(await billing.billed('c'), { quantity: 1 });
  });
}
