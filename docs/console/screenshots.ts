/** Makes the pictures beside this file: `npm run screenshots`. Needs Chromium; plays a small company into `npm start`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { simulate } from '@claras/entra-simulator/simulate';
import type { Page } from 'playwright-core';
import { launch, newPage, type Sight } from '../../test/support/browser.ts';
import { localGateway } from '../../test/support/gateway.ts';

const browser = await launch();
const gateway = await localGateway();
const { api, url, scimUrl } = gateway;

interface Screen {
  name: string;
  says: string;
  open: (page: Page) => Promise<void>;
  sight?: Sight;
}

try {
  const { id, key, provider } = await api.tenant('Hill & Sons', ['fabrikam.example']);
  const email = 'olive@fabrikam.example';
  await api.ask('POST', `/tenants/${id}/team`, { email, displayName: 'Olive Owner', role: 'owner' });
  const company = { seed: 11, users: 40, groups: 6, url: scimUrl, key, dialect: 'flagged' } as const;
  for (const cycle of ['initial', 'leave'] as const) await simulate({ ...company, cycle });
  const groups = (await api.ask<{ items: { name: string; members: number }[] }>('GET', `/tenants/${id}/groups`)).items;
  const [largest, next] = groups.toSorted((a, b) => b.members - a.members);
  await api.map(id, provider, { assistant: [next!.name] });

  const at = (path: string) => async (page: Page) => {
    await page.goto(`${url}/console${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByRole('row').nth(1).waitFor();
  };
  const edit = (tab: string) => async (page: Page) => {
    await at(`/t/${id}/sso`)(page);
    await page.getByRole('button', { name: 'Actions for Entra' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await page.getByRole('tab', { name: tab }).click();
  };
  const screens: Screen[] = [
    { name: 'sso', says: 'SSO: who people sign in with, and the green SCIM badge', open: at(`/t/${id}/sso`) },
    {
      name: 'enable-scim',
      says: 'Enable SCIM: the Tenant URL, the steps in Entra, and whether it has asked already',
      open: edit('Enable SCIM'),
    },
    {
      name: 'role-mapping',
      says: 'Role Mapping: who would change, from what to what, and why, before it is saved',
      async open(page) {
        await edit('Role Mapping')(page);
        await page.locator('input').and(page.getByLabel('Manager')).fill(largest!.name);
        await page.keyboard.press('Enter');
        await page.getByRole('region', { name: 'Preview' }).getByRole('row').nth(1).waitFor();
      },
    },
    {
      name: 'new-key',
      says: 'Settings > API: a new key, with what its scopes mean',
      async open(page) {
        await at(`/t/${id}/api`)(page);
        await page.getByRole('button', { name: '+ New API Key' }).click();
        await page.getByRole('dialog').waitFor();
      },
    },
    { name: 'team', says: 'Team', open: at(`/t/${id}/team`), sight: { width: 1280, scheme: 'dark' } },
    {
      name: 'person',
      says: 'A person: what can be done by hand, and each request with its effects',
      async open(page) {
        await at(`/t/${id}/team`)(page);
        await page.getByRole('region', { name: 'Team' }).getByRole('button').nth(2).click();
        await page
          .getByText(/^Microsoft Entra added /)
          .first()
          .waitFor();
      },
    },
    { name: 'log', says: 'Provisioning log: what happened, in sentences', open: at(`/t/${id}/log`) },
    { name: 'audit', says: 'Audit log: who did what', open: at(`/t/${id}/audit`) },
    { name: 'billing', says: 'Billing: seats, and the ledger behind the bill', open: at(`/t/${id}/billing`) },
    { name: 'phone', says: 'On a phone', open: at(`/t/${id}/team`), sight: { width: 390, scheme: 'light' } },
    { name: 'operations', says: 'Operations, for the operator: what waits, and what everything stands on', open: at('/operations') },
  ];

  const here = import.meta.dirname;
  mkdirSync(here, { recursive: true });
  for (const { name, open, sight } of screens) {
    const { page, close } = await newPage(browser, sight);
    const person = name === 'operations' ? {} : { tenant: id, email };
    await page.goto((await api.ask<{ url: string }>('POST', '/console-links', person)).url);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await open(page);
    await page.screenshot({ path: join(here, `${name}.png`) });
    await close();
  }
  const pictures = screens.map(({ name, says }) => `## ${says}\n\n![${says}](${name}.png)\n`);
  writeFileSync(join(here, 'README.md'), `# The console\n\nMade by \`npm run screenshots\`.\n\n${pictures.join('\n')}`);
} finally {
  await browser.close();
  await gateway.remove();
}
