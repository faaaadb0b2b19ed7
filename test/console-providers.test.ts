import { randomUUID } from 'node:crypto';
import t from 'tap';
import { button, choose, editProvider, field, go, openConsole } from './support/console.ts';
import { eventually } from './support/gateway.ts';

/** The SSO page in a real browser: what is done with a provider, and what is said before. */
const opened = await openConsole(t);
if (opened) {
  const { gateway, api, company, visit, visitTenant, faults } = opened;

  await t.test('a newer role mapping is not written over', async (t) => {
    const { id, link } = await company('Two owners');
    const page = await visit(t, await link());
    await api.ask('POST', `/tenants/${id}/providers`, { name: 'Entra' });
    await editProvider(page, 'Entra', 'Role Mapping');
    await field(page, 'Manager').fill('Mine');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Preview' }).waitFor();
    const provider = (await api.ask<{ items: { id: string }[] }>('GET', `/tenants/${id}/providers`)).items[0]!.id;
    await api.map(id, provider, { owner: ['Theirs'] });
    await button(page, 'Update Provider').click();
    await button(page, 'Show the newer role mapping').click();
    await page.getByText('Theirs').waitFor();
    t.match(await api.ask('GET', `/tenants/${id}/providers/${provider}/role-mapping`), { mapping: { owner: ['Theirs'] } });
  });

  await t.test('M3 M4 one provider shows the green SCIM badge: a second is told which has it, and off takes it away', async (t) => {
    const { id, link } = await company('Badge');
    for (const name of ['Entra', 'Okta']) await api.ask('POST', `/tenants/${id}/providers`, { name });
    const page = await visit(t, await link());
    const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name}`) });
    const badge = (name: string) => row(name).getByText('SCIM', { exact: true });
    async function toggle(name: string, on: boolean): Promise<void> {
      await editProvider(page, name, 'Enable SCIM');
      await page.getByRole('switch', { name: 'Enable SCIM' }).setChecked(on);
      await button(page, 'Update Provider').click();
    }
    const close = async () => {
      await button(page, 'Close').last().click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await toggle('Entra', true);
    await page.getByText('Entra is updated.').waitFor();
    await close();
    await badge('Entra').waitFor();
    const colors = await page.evaluate<string[]>(`[...document.querySelectorAll('table [class*=Badge-root]')].map(
      (badge) => badge.textContent + ' ' + getComputedStyle(badge).backgroundColor,
    )`);
    t.strictSame(colors, ['SCIM rgb(27, 110, 52)'], 'green');

    await toggle('Okta', true);
    await page.getByText('SCIM is on for "Entra"; turn it off there first.').waitFor();
    await close();
    await row('Okta').getByText('Off', { exact: true }).waitFor();

    await toggle('Entra', false);
    await close();
    await row('Entra').getByText('Off', { exact: true }).waitFor();
    t.equal(await badge('Entra').count(), 0);
  });

  await t.test('SCIM is disabled from the three dots: what that means is said before, and Entra is refused after', async (t) => {
    const { id, key } = await api.tenant('Disabled', ['fabrikam.example']);
    const ask = () =>
      fetch(`${gateway.scimUrl}/Users?count=0`, { headers: { authorization: `Bearer ${key}` } }).then(({ status }) => status);
    t.equal(await ask(), 200);
    const page = await visitTenant(t, 'Disabled');
    await choose(page, 'Entra', 'Disable SCIM');
    await page.getByRole('dialog').getByText('Nobody is archived').waitFor();
    await page.getByRole('dialog').getByText('API keys and the role mapping are kept').waitFor();
    await button(page, 'Cancel').click();
    t.equal(await ask(), 200, 'nothing happened');
    await choose(page, 'Entra', 'Disable SCIM');
    await button(page, 'Disable SCIM').click();
    await page
      .getByRole('row', { name: /^Entra/ })
      .getByText('Off', { exact: true })
      .waitFor();
    await eventually(3000, 'it is refused', async () => ((await ask()) === 403 ? true : undefined));
    t.match(await api.ask('GET', `/tenants/${id}/providers`), { items: [{ name: 'Entra', scim: false }] });
  });

  await t.test('a provider is removed once SCIM is off and its name is typed; the focus goes to what is left', async (t) => {
    const { id, link } = await company('Removed');
    const { id: provider } = await api.ask<{ id: string }>('POST', `/tenants/${id}/providers`, { name: 'Old one' });
    await api.ask('PATCH', `/tenants/${id}/providers/${provider}`, { scim: true });
    await api.map(id, provider, { manager: ['Leads'] });
    const page = await visit(t, await link());
    const remove = () => choose(page, 'Old one', 'Remove');
    await remove();
    await page.getByText('SCIM is on for Old one. Disable it first').waitFor();
    await button(page, 'Go on to disable SCIM').click();
    await button(page, 'Disable SCIM').click();
    await page
      .getByRole('row', { name: /^Old one/ })
      .getByText('Off', { exact: true })
      .waitFor();

    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await remove();
    t.equal(await button(page, 'Remove provider').isDisabled(), true);
    await field(page, 'Type Old one to remove it').fill('Old');
    t.equal(await button(page, 'Remove provider').isDisabled(), true, 'not by a part of it');
    await field(page, 'Type Old one to remove it').fill(' old one');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'No provider yet' }).waitFor();
    await eventually(10_000, 'the focus is where one can go on', async () =>
      (await page.evaluate('document.activeElement?.textContent')) === 'New provider' ? true : undefined,
    );
    t.strictSame(await api.ask('GET', `/tenants/${id}/providers`), { items: [] });
    await go(page, 'Audit log');
    const removal = page.getByRole('row', { name: /Olive Owner removed the provider “Old one”/ });
    await removal.getByText('Details').click();
    await removal.getByText(/"mapping":\{.*Leads/).waitFor();
  });

  await t.test('the SSO page says what became of the requests, and what was refused leads to the log', async (t) => {
    const { id, key } = await api.tenant('Counted', ['fabrikam.example']);
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
    for (const name of ['ann', 'bob', 'ann'])
      await fetch(`${gateway.scimUrl}/Users`, { method: 'POST', headers, body: JSON.stringify({ userName: `${name}@fabrikam.example` }) });
    const page = await visitTenant(t, 'Counted');
    await page.getByRole('row', { name: /^Entra .*2 ok \/ 1 refused in 24 hours/ }).waitFor();
    t.match(await api.ask('GET', `/tenants/${id}/providers`), { items: [{ requests: { ok: 2, refused: 1, since: String } }] });
    await page.getByRole('link', { name: '1 refused' }).click();
    await page.getByRole('row', { name: /Microsoft Entra tried to add a person, and Claras refused it/ }).waitFor();
    await page.getByRole('checkbox', { name: 'Only what was refused', checked: true }).waitFor();
    t.equal(await page.getByRole('row', { name: /Microsoft Entra added/ }).count(), 0);
  });

  await t.test('the preview shows owners who stay behind a lock, warns of new ones, and names groups that nobody has', async (t) => {
    const { id, key, provider } = await api.tenant('Previewed', ['fabrikam.example']);
    const send = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
      const answer = await fetch(`${gateway.scimUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await answer.json()) as { id: string };
    };
    const people = await Promise.all(
      ['ann', 'bob'].map((name) => send('/Users', { userName: `${name}@fabrikam.example`, displayName: name })),
    );
    await send('/Groups', { displayName: 'Leads', members: [{ value: people[0]!.id }] });
    await send('/Groups', { displayName: 'Helpers', members: people.map(({ id: value }) => ({ value })) });
    await eventually(10_000, 'both are in the team', async () => ((await api.team(id)).length === 2 ? true : undefined));
    await api.map(id, provider, { owner: ['Leads'] });
    await eventually(10_000, 'ann is an owner', async () => ((await api.team(id)).some(({ role }) => role === 'owner') ? true : undefined));
    const page = await visitTenant(t, 'Previewed');
    await editProvider(page, 'Entra', 'Role Mapping');
    await field(page, 'Owner').press('Backspace');
    await field(page, 'Assistant').fill('Helpers');
    await page.keyboard.press('Enter');
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByRole('row', { name: 'ann owner stays owner Helpers would give assistant' }).waitFor();
    await preview.getByRole('row', { name: 'bob adviser assistant Helpers' }).waitFor();
    await preview.getByText('1 person stays owner').waitFor();
    await preview.getByText('Seats stay at 2: a role is no seat.').waitFor();
    await field(page, 'Owner').fill('Helpers');
    await page.keyboard.press('Enter');
    await preview.getByText('1 person would become owner').waitFor();
    await field(page, 'Manager').fill('Laeds');
    await page.keyboard.press('Enter');
    await page.getByText('Entra has sent no group of this name: Laeds.').waitFor();
  });

  await t.test('a domain may be pasted as an address or a link; what is none is said, and nothing is sent', async (t) => {
    const { id, link } = await company('Pasted');
    const page = await visit(t, await link());
    await button(page, 'New provider').first().click();
    for (const pasted of ['@fabrikam.example', 'https://www.hill.example/team', 'not a domain']) {
      await field(page, 'Domains').fill(pasted);
      await page.keyboard.press('Enter');
    }
    await page.getByText('No domain: not a domain. Write it as hill.example.').waitFor();
    t.equal(await button(page, 'Add provider').isDisabled(), true);
    await field(page, 'Domains').press('Backspace');
    await button(page, 'Add provider').click();
    await page.getByRole('row', { name: /^Entra .*fabrikam\.example, hill\.example/ }).waitFor();
    t.match(await api.ask('GET', `/tenants/${id}/providers`), { items: [{ domains: ['fabrikam.example', 'hill.example'] }] });
  });

  await t.test('the domains of a provider are changed under General, and nothing else of it', async (t) => {
    const { id, link } = await company('Domains');
    const made = { name: 'Entra', domains: ['fabrikam.example'], settings: { certificate: 'kept as it came' } };
    const provider = await api.ask<object>('POST', `/tenants/${id}/providers`, made);
    const page = await visit(t, await link());
    await editProvider(page, 'Entra', 'General');
    await field(page, 'Domains').fill('Hill.example');
    await page.keyboard.press('Enter');
    await button(page, 'Update Provider').click();
    await page.getByRole('row', { name: /Entra .*fabrikam\.example, hill\.example/ }).waitFor();
    const { items } = await api.ask<{ items: { version: number }[] }>('GET', `/tenants/${id}/providers`);
    const { version } = items[0]!;
    t.strictSame(items, [{ ...provider, domains: ['fabrikam.example', 'hill.example'], version }]);
  });

  await t.test('M30 an owner says which application in Entra needs no secret, after showing who it is, and ends it', async (t) => {
    const { id, link } = await company('Trusting');
    const provider = await api.ask<{ id: string }>('POST', `/tenants/${id}/providers`, { name: 'Entra' });
    await api.ask('PATCH', `/tenants/${id}/providers/${provider.id}`, { scim: true });
    const page = await visit(t, await link());
    await editProvider(page, 'Entra', 'Advanced');
    await button(page, 'Trust an application in Entra').click();
    const [entraTenant, application] = [randomUUID(), randomUUID()];
    await field(page, 'Issuer').fill(`https://login.microsoftonline.com/${entraTenant}/v2.0`);
    t.equal(await button(page, 'Trust').isDisabled(), true, 'not without the application');
    await field(page, 'Audience').fill(`api://${application}/.default`);

    await page.route('**/federation', (route) =>
      route.fulfill({
        status: 403,
        contentType: 'application/problem+json',
        body: JSON.stringify({ type: 'urn:claras:problem:verification-needed', title: 'x', status: 403, detail: 'x' }),
      }),
    );
    await button(page, 'Trust').click();
    await page.getByText('Show that it is you').waitFor();
    await page.unroute('**/federation');
    await field(page, 'Sign-in link').fill(await link());
    await button(page, 'Go on').click();
    await page.getByRole('row', { name: `Application ${application}` }).waitFor();
    const trusted = async () =>
      (await api.ask<{ items: { federation?: object }[] }>('GET', `/tenants/${id}/providers`)).items[0]?.federation;
    t.match(await trusted(), { entraTenant, application, audience: `api://${application}` });

    await button(page, 'Trust it no more').click();
    await page.getByRole('row', { name: `Application ${application}` }).waitFor({ state: 'detached' });
    t.equal(await trusted(), undefined);
  });

  t.strictSame(faults, [], 'no page had a fault or a violation of its CSP');
}
