import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import { newPage, openBrowser } from './browser.ts';
import { localGateway } from './gateway.ts';

/** `npm start` with a real browser before it. Undefined where there is none. */
export async function openConsole(t: Test) {
  const browser = await openBrowser(t);
  if (!browser) return undefined;
  const gateway = await localGateway();
  t.teardown(gateway.remove);
  const { api } = gateway;
  /** What went wrong in any page: faults, violations of the CSP, dialogs of scripts that should be words. */
  const faults: string[] = [];

  /** A tenant without SCIM, and its owner. */
  async function company(name: string) {
    const { id } = await api.ask<{ id: string }>('POST', '/tenants', { name });
    const email = `owner-${randomUUID().slice(0, 8)}@fabrikam.example`;
    const owner = await api.ask<{ id: string }>('POST', `/tenants/${id}/team`, { email, displayName: 'Olive Owner', role: 'owner' });
    const link = async () => (await api.ask<{ url: string }>('POST', '/console-links', { tenant: id, email })).url;
    return { id, email, owner: owner.id, link };
  }

  /** A page of someone's own. */
  async function visit(t: Test, link: string): Promise<Page> {
    const opened = await newPage(browser!);
    t.teardown(async () => {
      faults.push(...opened.faults.map((fault) => `${t.name}: ${fault}`));
      await opened.close();
    });
    await opened.page.goto(link);
    return opened.page;
  }

  /** The operator, at the pages of a tenant. */
  async function visitTenant(t: Test, name: string): Promise<Page> {
    const page = await visit(t, (await api.ask<{ url: string }>('POST', '/console-links', {})).url);
    await page.getByRole('link', { name, exact: true }).click();
    return page;
  }

  return { gateway, api, company, visit, visitTenant, faults };
}

export const field = (page: Page, name: string) => page.locator('input').and(page.getByLabel(new RegExp(`^${name}( \\*)?$`)));
export const go = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click();
export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** A provider's three dots, and one of what stands behind them. */
export async function choose(page: Page, provider: string, deed: string): Promise<void> {
  await button(page, `Actions for ${provider}`).click();
  await page.getByRole('menuitem', { name: deed }).click();
}
export async function editProvider(page: Page, name: string, tab: string): Promise<void> {
  await choose(page, name, 'Edit');
  await page.getByRole('tab', { name: tab }).click();
}
