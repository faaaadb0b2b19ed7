import type { Profile, TeamEvent, TeamFact } from '@claras/contracts/events';
import { ledgerRules } from '@claras/ports/billing/billing';
import t from 'tap';
import {
  afterBilling,
  type Bill,
  isSwing,
  ledgerLines,
  marked,
  nextStep,
  seatsChangedAt,
  untilDue,
  withoutAttempt,
} from '../src/decide.ts';

const profile: Profile = { id: 'p', displayName: 'Anna', role: 'adviser', status: 'active' };
const event = (sequence: number, type: TeamFact['type']): TeamEvent =>
  ({
    type,
    data: { profile, cause: 'scim' },
    id: 'e',
    subject: '',
    tenant: 'acme',
    sequence,
    time: '2026-01-01T00:00:00.000Z',
  }) as TeamEvent;

t.test('M24 seats may change when a profile is created, archived or restored, and at no other time', async (t) => {
  t.equal(seatsChangedAt([event(1, 'profile.created'), event(2, 'profile.updated')]), 1);
  t.equal(seatsChangedAt([event(3, 'profile.archived'), event(4, 'profile.restored')]), 4);
  t.equal(seatsChangedAt([event(5, 'profile.updated'), event(6, 'profile.role.changed')]), undefined);
});

t.test('M25 the first change starts the window, later ones do not move it', async (t) => {
  const first = marked(undefined, 3, 1000);
  t.strictSame(first, { sequence: 3, since: 1000 });
  t.strictSame(marked(first, 9, 1900), { sequence: 9, since: 1000 });
  t.strictSame(marked(first, 2, 1900), { sequence: 3, since: 1000 }, 'an old event lowers nothing');
  t.equal(untilDue(first, ledgerRules, 1400), 600);
  t.equal(untilDue(first, ledgerRules, 2500), 0);
  t.equal(untilDue(first, ledgerRules, 999), 0, 'a clock that was set back keeps nobody waiting');
});

t.test('M24 a tenant stays dirty when something came after the count', async (t) => {
  t.equal(afterBilling({ sequence: 9, since: 1000 }, 9, 5000), undefined);
  t.strictSame(afterBilling({ sequence: 10, since: 1000 }, 9, 5000), { sequence: 10, since: 5000 });
});

t.test(
  'a tenant that was erased while it was billed stays marked, also where its seats were counted after it: its bill must end yet',
  async (t) => {
    const mark = marked({ sequence: 8, since: 1000 }, 9, 2000, true);
    t.strictSame(afterBilling(mark, 9, 5000), { sequence: 9, since: 5000, erased: true });
  },
);

t.test('M24 the idempotency key holds every parameter', async (t) => {
  const step = nextStep('acme', { sent: [] }, { active: 12, version: 34 }, ledgerRules, 1_700_000_000_999);
  t.match(step, { attempt: { key: 'acme:34:12:1700000000' } });
});

const strict = { coalesce: 1000, updatesPerHour: 3, holdsSwings: true, exclusive: true };
const hour = 3_600_000;

t.test('B10 an attempt that was broken off is the same request again; a new count is a new one', async (t) => {
  const step = (bill: Bill, active: number, version: number, now: number) => nextStep('acme', bill, { active, version }, ledgerRules, now);
  const first = step({ sent: [] }, 12, 34, 5_000_000);
  t.match(first, { kind: 'send', attempt: { quantity: 12, version: 34, at: 5000 } });
  if (first.kind !== 'send') return;
  t.match(step(first.bill, 12, 34, 9_000_000_000), { kind: 'send', attempt: first.attempt }, 'also days later');
  t.match(step(first.bill, 13, 35, 6_000_000), { kind: 'send', attempt: { quantity: 13, version: 35, at: 6000 } });
  t.strictSame(step({ sent: [], billed: { quantity: 12, version: 34 } }, 12, 34, 0), { kind: 'nothing' }, 'what is billed needs no call');
  const newer = { sent: [], billed: { quantity: 12, version: 30 } };
  t.match(step(newer, 12, 34, 0), { kind: 'send' }, 'a newer version is said: an older call may be under way');
  t.strictSame(nextStep('acme', newer, { active: 12, version: 34 }, strict, 0), { kind: 'nothing' }, 'unless one process alone may ask');
});

t.test('the hour’s budget of a subscription is kept, and is free again', async (t) => {
  const bill = { sent: [100, 200, 300] };
  const step = (now: number) => nextStep('acme', bill, { active: 1, version: 1 }, strict, now);
  t.strictSame(step(1000), { kind: 'wait', ms: hour - 900 });
  t.match(step(-10_000), { kind: 'send', bill: { sent: [-10_000] } }, 'what a clock that was wrong wrote down does not count');
  const again = nextStep('acme', bill, { active: 1, version: 1 }, { ...strict, updatesPerHour: 4 }, 1000);
  if (again.kind !== 'send') return t.fail('an attempt began');
  t.match(nextStep('acme', again.bill, { active: 1, version: 1 }, strict, 2000), { kind: 'send', bill: { sent: again.bill.sent } });
  t.match(step(hour + 100), { kind: 'send', bill: { sent: [200, 300, hour + 100] } });
  t.match(nextStep('acme', bill, { active: 1, version: 1 }, ledgerRules, 1000), { kind: 'send', bill: { sent: [] } }, 'a ledger has none');
});

t.test('a swing of more than half and more than 20 seats down is held until it is approved', async (t) => {
  for (const [before, after, swing] of [
    [100, 49, true],
    [100, 50, false],
    [40, 19, true],
    [40, 20, false],
    [20, 0, false],
    [21, 0, true],
    [10, 100, false],
  ] as const)
    t.equal(isSwing(before, after), swing, `${before} to ${after}`);
  const billed = { quantity: 100, version: 1 };
  const step = (bill: Partial<Bill>, active = 10) => nextStep('acme', { sent: [], billed, ...bill }, { active, version: 9 }, strict, 7);
  t.match(step({}), { kind: 'hold', isNew: true, bill: { held: { quantity: 10, since: 7 } } });
  t.match(step({ held: { quantity: 10, since: 3 } }), { kind: 'hold', isNew: false, bill: { held: { since: 3 } } });
  t.match(step({ held: { quantity: 12, since: 3 } }), { kind: 'hold', isNew: true }, 'another quantity is another question');
  const approved = { quantity: 10, by: 'operator' };
  t.match(step({ approved }), { kind: 'send' });
  t.match(step({ approved }, 9), { kind: 'hold' }, 'fewer than were approved');
  t.match(step({}, 60), { kind: 'send' }, 'who came back settles it');
  t.match(nextStep('acme', { sent: [], billed }, { active: 0, version: 9 }, ledgerRules, 7), { kind: 'send' }, 'a ledger holds nothing');
  const settling = step({ held: { quantity: 10, since: 3 } }, 60);
  if (settling.kind !== 'send') return t.fail('60 are billed');
  t.match(step(settling.bill), { kind: 'hold', isNew: true }, 'who leaves again before that is billed is a new question');
});

t.test('a line of the ledger says a change, or that a hold is over', async (t) => {
  const bill = (quantity: number, more: Partial<Bill> = {}): Bill => ({ sent: [], billed: { quantity, version: 1 }, ...more });
  t.match(ledgerLines({ sent: [] }, bill(3), 'k'), [{ type: 'seats.billed', data: { before: null, quantity: 3, key: 'k' } }]);
  t.match(ledgerLines(bill(3), bill(4), 'k'), [{ data: { before: 3, quantity: 4 } }]);
  t.strictSame(ledgerLines(bill(3), bill(3), 'k'), []);
  t.match(ledgerLines(bill(3, { held: { quantity: 1, since: 0 } }), bill(3), 'k'), [{ data: { before: 3, quantity: 3 } }]);
});

t.test('what was answered with a no is asked with another key; what another process asks stays', async (t) => {
  const attempt = { quantity: 1, version: 2, at: 3, key: 'acme:2:1:3' };
  t.strictSame(withoutAttempt({ sent: [4], attempt }, attempt.key), { sent: [4] });
  t.strictSame(withoutAttempt({ sent: [4], attempt }, 'acme:2:1:2'), { sent: [4], attempt });
});
