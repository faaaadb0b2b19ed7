import t from 'tap';
import { localGateway } from './support/gateway.ts';
import { flapping, takeOver } from './support/rule-stories.ts';

/** The rules of the help page against the running product, under haste and malice. */
const gateway = await localGateway();
t.teardown(gateway.remove);

t.test('T19 M7 M9 M10 1,000 flaps of three mapped groups while people are made owners by hand: no owner is lower at any moment', (t) =>
  flapping(t, gateway),
);
t.test('S02 M18 a profile is taken over by its address inside the provider’s domains only, and then keeps it', (t) => takeOver(t, gateway));
