import t from 'tap';
import { localGateway } from './support/gateway.ts';
import {
  domainAdded,
  erasure,
  ignoredParts,
  linkAudit,
  ownerless,
  recheckProgress,
  refusals,
  refusedRequests,
  roleAudit,
  timelineOf,
} from './support/log-stories.ts';

const gateway = await localGateway();
t.teardown(gateway.remove);

t.test('M29 a user’s timeline: each request, what it changed, and what every consumer did, with times', (t) => timelineOf(t, gateway));
t.test('M29 what a rule refused is found, with the reason', (t) => refusals(t, gateway));
t.test('M29 a write that the edge refused stands in the log, under the user that it is about', (t) => refusedRequests(t, gateway));
t.test('a person who was deleted is erased from the log, and what was done stays', (t) => erasure(t, gateway));
t.test('M8 the re-check after a saved mapping tells how far it is', (t) => recheckProgress(t, gateway));
t.test('M10 M11 a role that was changed, by a mapping or by hand, stands in the audit log with who, from what and to what', (t) =>
  roleAudit(t, gateway),
);
t.test('M18 a profile from before SCIM that is linked stands in the audit log with the user that it is linked to', (t) =>
  linkAudit(t, gateway),
);
t.test('M11 that Entra archived the last active owner is an alarm until there is one again', (t) => ownerless(t, gateway));
t.test('M18 a profile outside the provider’s domains is linked once its domain is added', (t) => domainAdded(t, gateway));
t.test('M29 what a request was taken without stands in the log, under the user that it is about', (t) => ignoredParts(t, gateway));
