import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Test } from 'tap';
// The pages are those of these very sources, where one file is run by itself, too.
import '../../services/console/web/build.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const how = 'no Chromium is found in PATH: apt-get install chromium, or set CHROMIUM to the program';

function program(): string | undefined {
  const paths = (process.env.PATH ?? '').split(delimiter).flatMap((dir) => names.map((name) => join(dir, name)));
  return [process.env.CHROMIUM ?? '', ...paths].find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return path !== '';
    } catch {
      return false;
    }
  });
}

export async function launch(): Promise<Browser> {
  const executablePath = program();
  if (!executablePath) throw new Error(how);
  return chromium.launch({ executablePath, args: [...flags, '--disable-component-update', '--disable-sync'] });
}

/** A real browser. Without one the test is skipped and says so; with REQUIRE_REAL=1 it fails. */
export async function openBrowser(t: Test): Promise<Browser | undefined> {
  if (program()) {
    const browser = await launch();
    t.teardown(() => browser.close());
    return browser;
  }
  if (process.env.REQUIRE_REAL === '1') t.fail(how);
  else t.plan(0, `SKIPPED, NOT TESTED IN A BROWSER: ${how}`);
  return undefined;
}

export interface Sight {
  width: number;
  scheme: 'light' | 'dark';
}

/** A page of a browser of its own, and everything that went wrong in it: faults, errors in its log, violations of the CSP. */
export async function newPage(browser: Browser, { width, scheme }: Sight = { width: 1280, scheme: 'light' }) {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => void faults.push(String(error)));
  page.on('console', (message) => {
    // Chromium writes each answer >= 400 to the log; what the pages make of those is tested by itself.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) faults.push(message.text());
  });
  page.on('dialog', (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, faults, close: () => context.close() };
}

/** Violations of WCAG 2.2 A and AA in what is in sight now. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join(' | ')}`,
  );
}
