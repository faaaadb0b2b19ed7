import { topicOfService, topics } from '@claras/contracts/topics';
import { keys } from '@claras/directory/keys';
import { providers } from '@claras/directory/providers';
import { tenants } from '@claras/directory/tenants';
import { type Billing, BillingRefused, ledgerRules } from '@claras/ports/billing/billing';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import { memoryStore } from '@claras/ports/store/memory-store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import type { ConsoleParts } from '../src/api/console-api.ts';
import { signIn } from '../src/sign-in/sign-in.ts';
import { fakeCore } from './fake-core.ts';

const cells = 4;
const billing: Billing = {
  rules: ledgerRules,
  setSeats: async (_, seats) => seats,
  async billed(tenant) {
    if (tenant === 'twice') throw new BillingRefused('invalid', 'two subscriptions');
    return tenant === 'acme' ? { quantity: 2, version: 7 } : undefined;
  },
};

/** What the console stands on, all of it in memory, with what was logged. */
export async function consoleUnderTest() {
  const logged: unknown[] = [];
  const write = (...line: unknown[]) => void logged.push(line);
  const durable = { store: memoryStore({ cells, topicOf: topicOfService, runtime }), runtime };
  const bus = memoryBus({ runtime });
  await bus.prepare(Object.values(topics).map(({ name }) => ({ name, partitions: cells })));
  const core = fakeCore();
  const parts: ConsoleParts = {
    ...durable,
    bus,
    billing,
    coreApp: core,
    team: core,
    keys: keys({ ...durable, peppers: ['a pepper for tests'] }),
    signIn: signIn({ ...durable, team: core }),
    adminToken: 'the-operators-token-for-tests',
    log: { info: write, warn: write, error: write },
  };
  return { parts, logged, tenants: tenants(durable), providers: providers(durable) };
}
