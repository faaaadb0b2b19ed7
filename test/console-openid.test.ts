import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import type { Page } from 'playwright-core';
import t from 'tap';
import { newPage, openBrowser } from './support/browser.ts';
import { freePort, localGateway } from './support/gateway.ts';

/** Signing in at a real identity provider (oidc-provider), in a real browser. */
const browser = await openBrowser(t);
if (browser) {
  const [port, consolePort] = [await freePort(), await freePort()];
  const issuer = `http://127.0.0.1:${port}`;
  const client = { clientId: 'claras', clientSecret: 'a secret of the client, for tests' };
  const redirect = `http://127.0.0.1:${consolePort}/api/v1/session/openid/callback`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: client.clientId, client_secret: client.clientSecret, redirect_uris: [redirect] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    // As many providers do: the address stands in the ID token.
    conformIdTokenClaims: false,
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id.replace('unverified.', ''), email_verified: !id.startsWith('unverified.') }),
    }),
    cookies: { keys: ['a key for tests'] },
  });
  const server = createServer(provider.callback()).listen(port, '127.0.0.1');
  t.teardown(() => server.close());
  const gateway = await localGateway({
    PORT: String(consolePort),
    OIDC_ISSUER: issuer,
    OIDC_CLIENT_ID: client.clientId,
    OIDC_CLIENT_SECRET: client.clientSecret,
  });
  t.teardown(gateway.remove);
  const { api, url } = gateway;
  const { id } = await api.ask<{ id: string }>('POST', '/tenants', { name: 'Acme' });
  for (const role of ['owner', 'adviser'])
    await api.ask('POST', `/tenants/${id}/team`, { email: `${role}@acme.example`, displayName: role, role });

  const company = (page: Page) => page.locator('input').and(page.getByLabel(/^Company/));
  async function signIn(page: Page, login: string): Promise<void> {
    await page.goto(`${url}/console`);
    await company(page).fill(id);
    await page.getByRole('button', { name: 'Sign in with single sign-on' }).click();
    await atProvider(page, login);
  }
  async function atProvider(page: Page, login: string): Promise<void> {
    await page.locator('input[name=login]').fill(login);
    await page.locator('input[name=password]').fill('anything');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    const consent = page.getByRole('button', { name: 'Continue' });
    await consent
      .or(page.getByRole('heading', { level: 1, name: /SSO|Sign in to Claras/ }))
      .first()
      .waitFor();
    if (await consent.isVisible()) await consent.click();
  }

  await t.test('an owner signs in at the identity provider, and shows there again who it is', async (t) => {
    const { page, faults, close } = await newPage(browser);
    await signIn(page, 'owner@acme.example');
    await page.getByRole('heading', { name: 'SSO' }).waitFor();
    t.equal(page.url(), `${url}/console/t/${id}/sso`);
    const before = await page.evaluate<string>(
      "fetch('/api/v1/session').then((answer) => answer.json()).then(({ verifiedUntil }) => verifiedUntil)",
    );
    await page.goto(`${url}/api/v1/session/openid?tenant=${id}&verify=true`);
    await atProvider(page, 'owner@acme.example');
    await page.getByRole('heading', { name: 'SSO' }).waitFor();
    const after = await page.evaluate<string>(
      "fetch('/api/v1/session').then((answer) => answer.json()).then(({ verifiedUntil }) => verifiedUntil)",
    );
    t.ok(after > before, `${before} < ${after}`);

    await page.goto(`${url}/api/v1/session/openid?tenant=${id}&verify=true`);
    await atProvider(page, 'adviser@acme.example');
    await page.waitForURL(`${url}/**`);
    const later = await page.evaluate<string>(
      "fetch('/api/v1/session').then((answer) => answer.json()).then(({ verifiedUntil }) => verifiedUntil)",
    );
    t.equal(later, after, 'someone else shows nothing');
    t.strictSame(faults, []);
    await close();
  });

  for (const [login, who] of [
    ['adviser@acme.example', 'an adviser'],
    ['stranger@acme.example', 'a stranger'],
    ['unverified.owner@acme.example', 'an owner’s address that nobody verified'],
  ] as const)
    await t.test(`${who} is not let in`, async (t) => {
      const { page, close } = await newPage(browser);
      await signIn(page, login);
      await page.getByText('You were not let in').waitFor();
      t.notMatch(await page.context().cookies(), [{ name: 'claras-session' }]);
      await close();
    });

  await t.test('what comes back without having left, with another state or with another code is refused', async (t) => {
    const status = async (query: string, cookie = '') => {
      const answer = await fetch(`${redirect}${query}`, { redirect: 'manual', headers: cookie ? { cookie } : {} });
      return [answer.status, answer.headers.get('location')];
    };
    t.strictSame(await status('?code=x&state=y'), [303, '/console/sign-in?refused']);
    const left = await fetch(`${url}/api/v1/session/openid?tenant=${id}`, { redirect: 'manual' });
    const cookie = left.headers.getSetCookie()[0]!.split(';')[0]!;
    t.match(left.headers.get('location'), /code_challenge_method=S256/);
    t.strictSame(await status('?code=x&state=y', cookie), [303, '/console/sign-in?refused']);
    const state = new URL(left.headers.get('location')!).searchParams.get('state');
    t.strictSame(await status(`?code=x&state=${state}`, cookie), [303, '/console/sign-in?refused']);
  });
}
