import { randomUUID } from 'node:crypto';
import { simulate } from '@claras/entra-simulator/simulate';
import type { Page } from 'playwright-core';
import t from 'tap';
import { accessibilityFaults, newPage, openBrowser, type Sight } from '../support/browser.ts';
import { field } from '../support/console.ts';
import { localGateway } from '../support/gateway.ts';
import { mapping, played } from '../support/provisioned.ts';

/** WCAG 2.2 AA by axe: every screen, in both colour schemes and three widths. */
const browser = await openBrowser(t);
if (browser) {
  const gateway = await localGateway();
  t.teardown(gateway.remove);
  const { api, url } = gateway;
  const tenant = await api.tenant('Hill & Sons', ['fabrikam.example']);
  await api.ask('POST', '/tenants', { name: 'Empty' });
  await api.ask('POST', '/tenants', { name: 'Off' });
  await api.ask('POST', '/tenants/off/providers', { name: 'Entra' });
  const cycle = await simulate({
    seed: 5,
    users: 40,
    groups: 5,
    url: gateway.scimUrl,
    key: tenant.key,
    cycle: 'initial',
    dialect: 'flagged',
  });
  await api.map(tenant.id, tenant.provider, mapping);
  const groups = (await api.ask<{ items: { name: string; members: number }[] }>('GET', `/tenants/${tenant.id}/groups`)).items;
  const largest = groups.toSorted((a, b) => b.members - a.members)[0]!.name;
  const trusted = { entraTenant: randomUUID(), application: randomUUID() };
  await api.ask('PUT', `/tenants/${tenant.id}/providers/${tenant.provider}/federation`, trusted);

  const at = (path: string) => async (page: Page) => {
    await page.goto(`${url}/console${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle', { timeout: 10_000 }).catch(() => undefined); // live pages ask again and again
  };
  const inHill = (path: string) => at(`/t/${tenant.id}/${path}`);
  const deed =
    (name: string, company = tenant.id) =>
    async (page: Page) => {
      await at(`/t/${company}/sso`)(page);
      await page.getByRole('button', { name: 'Actions for Entra' }).click();
      await page.getByRole('menuitem', { name }).click();
      await page.getByRole('dialog').waitFor();
    };
  const edit = (tab: string) => async (page: Page) => {
    await inHill('sso')(page);
    await page.getByRole('button', { name: 'Actions for Entra' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await page.getByRole('tab', { name: tab }).click();
  };
  const screens: Record<string, (page: Page) => Promise<void>> = {
    tenants: at(''),
    operations: at('/operations'),
    sso: inHill('sso'),
    'no provider': at('/t/empty/sso'),
    'no key': at('/t/empty/api'),
    'nobody yet': at('/t/empty/team'),
    general: edit('General'),
    'enable scim': edit('Enable SCIM'),
    'turning it off': async (page) => {
      await edit('Enable SCIM')(page);
      await page.getByRole('switch', { name: 'Enable SCIM' }).uncheck();
      await page.getByText('Update Provider turns it off').waitFor();
    },
    advanced: edit('Advanced'),
    'trust an application': async (page) => {
      await edit('Advanced')(page);
      await page.getByRole('button', { name: 'Trust another application' }).click();
      await page.getByRole('textbox', { name: 'Issuer' }).waitFor();
    },
    'role mapping with its preview, its warnings and the name to be typed': async (page) => {
      await edit('Role Mapping')(page);
      await field(page, 'Assistant').fill('Anyone');
      await page.keyboard.press('Enter');
      await field(page, 'Owner').fill(largest);
      await page.keyboard.press('Enter');
      await page.getByText('would become owner').waitFor();
      await page.getByText(/^Type Hill & Sons to change the role of/).waitFor();
    },
    'the three dots': async (page) => {
      await inHill('sso')(page);
      await page.getByRole('button', { name: 'Actions for Entra' }).click();
      await page.getByRole('menuitem', { name: 'Remove' }).waitFor();
    },
    test: deed('Test connection'),
    disable: deed('Disable SCIM'),
    'remove, with SCIM on': deed('Remove'),
    remove: deed('Remove', 'off'),
    'a provider, with steps': at('/t/off/sso'),
    api: inHill('api'),
    'new key': async (page) => {
      await inHill('api')(page);
      await page.getByRole('button', { name: '+ New API Key' }).click();
      await page.getByRole('dialog').waitFor();
    },
    'the key, once': async (page) => {
      await inHill('api')(page);
      await page.getByRole('button', { name: '+ New API Key' }).click();
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByText('This is the only time').waitFor();
    },
    team: inHill('team'),
    groups: async (page) => {
      await inHill('team')(page);
      await page.getByRole('tab', { name: 'Groups' }).click();
      await page.getByRole('region', { name: 'Groups' }).waitFor();
    },
    person: async (page) => {
      await inHill('team')(page);
      await page.getByRole('region', { name: 'Team' }).getByRole('button').first().click();
      await page
        .getByText(/^Microsoft Entra added /)
        .first()
        .waitFor();
      await page.getByText('Details').first().click();
    },
    'provisioning log': inHill('log'),
    'what happened, with its details': async (page) => {
      await inHill('log')(page);
      await page.getByRole('region', { name: 'Provisioning log' }).getByRole('button').first().click();
      await page.getByRole('dialog').getByText('Details').click();
    },
    billing: inHill('billing'),
    'audit log': async (page) => {
      await inHill('audit')(page);
      await page.getByText('Details').first().click();
    },
  };

  await t.test('a team to look at', async (t) => played(t, cycle));
  for (const scheme of ['light', 'dark'] as const)
    for (const width of [1280, 768, 375]) {
      const sight: Sight = { width, scheme };
      await t.test(`axe finds nothing: ${scheme}, ${width} px`, async (t) => {
        const { page, faults, close } = await newPage(browser, sight);
        await page.goto(`${url}/console`);
        await page.getByRole('heading', { name: 'Sign in to Claras' }).waitFor();
        t.strictSame(await accessibilityFaults(page), [], 'sign in');
        await page.goto((await api.ask<{ url: string }>('POST', '/console-links', {})).url);
        await page.getByRole('heading', { name: 'Tenants' }).waitFor();
        for (const [name, open] of Object.entries(screens)) {
          await open(page);
          t.strictSame(await accessibilityFaults(page), [], name);
          const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
          t.equal(wider, 0, `${name}: nothing to scroll sideways`);
        }
        t.strictSame(faults, []);
        await close();
      });
    }
}
