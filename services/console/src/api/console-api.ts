import { AlarmList, LagReport } from '@claras/contracts/console-api';
import { audit } from '@claras/directory/audit';
import { erasures } from '@claras/directory/erasures';
import { groups } from '@claras/directory/groups';
import type { Keys } from '@claras/directory/keys';
import { providers } from '@claras/directory/providers';
import { schemaExtensions } from '@claras/directory/schema-extensions';
import { snapshots } from '@claras/directory/snapshots';
import { tenants } from '@claras/directory/tenants';
import type { Durable } from '@claras/directory/transact';
import { users } from '@claras/directory/users';
import type { Billing } from '@claras/ports/billing/billing';
import type { Bus } from '@claras/ports/bus/bus';
import type { CoreApp, Team } from '@claras/ports/core-app/core-app';
import { alarms } from '@claras/service-kit/alarms';
import { deadLetters } from '@claras/service-kit/dead-letters';
import type { Log } from '@claras/service-kit/log';
import { pauses } from '@claras/service-kit/pauses';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { eraseFromLog } from '../provisioning-log/erase.ts';
import { readLog } from '../provisioning-log/read-log.ts';
import type { OpenIdConnect } from '../sign-in/openid-connect.ts';
import { openIdRoutes } from '../sign-in/openid-routes.ts';
import { sessionRoutes } from '../sign-in/session-routes.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { admit } from './admission.ts';
import { apiErrors } from './api-errors.ts';
import { auditRoutes } from './audit-routes.ts';
import { consumerRoutes } from './consumer-routes.ts';
import { deadLetterRoutes } from './dead-letter-routes.ts';
import { erasureRoutes } from './erasure-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { lagReport } from './lag.ts';
import { logRoutes } from './log-routes.ts';
import { providerRoutes } from './provider-routes.ts';
import { apiReference } from './reference.ts';
import { roleExplanationRoutes } from './role-explanation-routes.ts';
import { schemaExtensionRoutes } from './schema-extension-routes.ts';
import { seatRoutes } from './seat-routes.ts';
import { snapshotRoutes } from './snapshot-routes.ts';
import { teamRoutes } from './team-routes.ts';
import { tenantRoutes } from './tenant-routes.ts';
import { topicRoutes } from './topic-routes.ts';
import { verificationRoutes } from './verification-routes.ts';

export interface ConsoleParts extends Durable {
  keys: Keys;
  coreApp: CoreApp;
  team: Team;
  billing: Billing;
  bus: Bus;
  /** The operator's token: opens everything. */
  adminToken: string;
  signIn: SignIn;
  openId?: OpenIdConnect | undefined;
  /** Where browsers see the console, and Entra the edge; as they were asked where it is not said. */
  publicUrl?: string | undefined;
  tenantUrl?: string | undefined;
  log: Log;
}

/** The REST API that the console and `claras-scim` talk to: a Fastify plugin to be registered under /api/v1. */
export function consoleApi({
  keys,
  coreApp,
  team,
  billing,
  bus,
  adminToken,
  signIn,
  openId,
  publicUrl,
  tenantUrl,
  log,
  ...durable
}: ConsoleParts) {
  return async (app: FastifyInstance): Promise<void> => {
    const provisioning = readLog(durable.store);
    const directory = { tenants: tenants(durable), providers: providers(durable) };

    await apiReference(app);
    app.setValidatorCompiler(TypeBoxValidatorCompiler);
    apiErrors(app, log);
    // Answers hold people and, once, a key: nothing on the way keeps them.
    app.addHook('onRequest', async (_, reply) => void reply.header('cache-control', 'no-store'));
    const session = { signIn, tenants: directory.tenants, now: durable.runtime.now, publicUrl };
    admit(app, { adminToken, keys, ...session });
    app.register(sessionRoutes({ ...session, tenantUrl }));
    app.register(openIdRoutes({ signIn, openId, publicUrl, log }));

    app.register(tenantRoutes(directory.tenants));
    app.register(erasureRoutes(erasures(durable)));
    const found = { durable, groups: groups(durable), team };
    app.register(providerRoutes(directory.providers, { ...found, keys }));
    app.register(verificationRoutes({ ...found, providers: directory.providers, coreApp, billing }));
    app.register(snapshotRoutes(snapshots(durable), durable.store));
    app.register(groupRoutes(durable, directory.providers));
    app.register(schemaExtensionRoutes(schemaExtensions(durable)));
    app.register(auditRoutes(audit(durable)));
    app.register(logRoutes(provisioning, eraseFromLog(durable)));
    app.register(keyRoutes(keys, durable.runtime));
    app.register(teamRoutes(team));
    app.register(roleExplanationRoutes({ team, users: users(durable), providers: directory.providers, audit: audit(durable) }));
    app.register(seatRoutes({ durable, coreApp, billing, log: provisioning }));
    app.register(deadLetterRoutes(deadLetters(durable.store, durable.runtime)));
    app.register(topicRoutes(bus, durable.store.cells));
    const rests = pauses(durable);
    app.register(consumerRoutes(rests));
    const raised = alarms({ ...durable, log });
    app.get('/alarms', { schema: { response: { 200: AlarmList } } }, async () => ({ items: await raised.list() }));
    app.get('/lag', { schema: { response: { 200: LagReport } } }, () => lagReport(bus, durable.store, rests, durable.runtime.now()));
  };
}
