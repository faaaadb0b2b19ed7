import { randomUUID } from 'node:crypto';
import type { LogPage, MappingPreview } from '@claras/contracts/console-api';
import { simulate } from '@claras/entra-simulator/simulate';
import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { alarms } from '@claras/service-kit/alarms';
import t from 'tap';
import { button, editProvider, field, go, openConsole } from './support/console.ts';
import { eventually } from './support/gateway.ts';
import { played } from './support/provisioned.ts';
import { agrees } from './support/snapshot-stories.ts';

/** The console in a real browser, on `npm start`. */
const opened = await openConsole(t);
if (opened) {
  const { gateway, api, company, visit, visitTenant, faults } = opened;
  const { url } = gateway;

  await t.test('the help page from its first sentence to its last, as the owner, with the simulator as Entra', async (t) => {
    const { id, owner, link } = await company('Journey');
    const page = await visit(t, await link());

    // Navigate to the SSO page; the three dots; toggle on Enable SCIM; Update Provider.
    const steps = page.getByRole('region', { name: 'Set up provisioning' });
    const done = (n: number) =>
      eventually(10_000, `${n} steps are done`, async () => ((await steps.getByText('Done').count()) === n ? true : undefined));
    await page.getByRole('heading', { name: 'No provider yet' }).waitFor();
    t.equal(page.url(), `${url}/console/t/${id}/sso`, 'the token has left the address');
    await button(page, 'New provider').first().click();
    await field(page, 'Domains').fill('fabrikam.example');
    await page.keyboard.press('Enter');
    await button(page, 'Add provider').click();
    await done(1);
    await editProvider(page, 'Entra', 'Enable SCIM');
    await page.getByRole('switch', { name: 'Enable SCIM' }).check();
    await button(page, 'Update Provider').click();
    await page.getByText('Waiting for the first request').waitFor();
    await page.getByText('There is no API key with scim.full in force.').waitFor();
    const tenantUrl = await field(page, 'Tenant URL').inputValue();
    t.equal(tenantUrl, gateway.scimUrl);
    await button(page, 'Close').last().click();
    await page.getByRole('row', { name: /Entra/ }).getByText('SCIM', { exact: true }).waitFor();
    await done(2);

    // Settings > API; + New API Key; scim.full alone; the only time that it is shown.
    await go(page, 'Settings > API');
    await button(page, '+ New API Key').first().click();
    t.equal(await page.getByRole('checkbox', { name: 'scim.full' }).isChecked(), true);
    t.equal(await page.getByRole('checkbox', { name: 'rest.full' }).isChecked(), false);
    await button(page, 'Create').click();
    await page.getByText('This is the only time you’ll be shown the key').waitFor();
    await button(page, 'Copy API key').click();
    const key = await page.evaluate<string>('navigator.clipboard.readText()');
    t.match(key, /^claras_scim_/);
    t.equal(await field(page, 'API key').inputValue(), key);
    t.equal(await button(page, 'Close').isDisabled(), true, 'not before it is stored');
    await page.getByRole('checkbox', { name: 'I stored it' }).check();
    await button(page, 'Close').click();
    await page.getByRole('row', { name: /Entra/ }).getByText('In force').waitFor();

    const secret = key.slice(24);
    const everywhere = () =>
      page.evaluate<string>(`[
        document.documentElement.outerHTML,
        ...[...document.querySelectorAll('input')].map(({ value }) => value),
        JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state]),
        location.href,
        document.cookie,
      ].join(' ')`);
    t.notMatch(await everywhere(), secret, 'gone with the dialog');
    await page.goBack();
    await page.goForward();
    t.notMatch(await everywhere(), secret, 'not behind the back button');
    t.notMatch(JSON.stringify(await api.ask('GET', `/tenants/${id}/keys`)), secret);

    // Test Connection turns the SSO page green; Start Provisioning.
    await go(page, 'SSO');
    await done(3);
    await button(page, 'Show what to do in Entra').click();
    await page.getByText('Waiting for the first request').waitFor();
    await page.getByText(/^API key Entra \(claras_scim_.*is in force. Entra has not used it yet\.$/).waitFor();
    const probe = await fetch(`${tenantUrl}/Users?filter=userName eq "${randomUUID()}"`, { headers: { authorization: `Bearer ${key}` } });
    t.equal(probe.status, 200);
    await page.getByText('Connected').waitFor();
    await button(page, 'Close').last().click();
    await steps.waitFor({ state: 'detached' });
    const founding = { seed: 21, users: 60, groups: 6, url: tenantUrl, key, dialect: 'flagged' } as const;
    played(t, await simulate({ ...founding, cycle: 'initial' }));

    // By default Adviser; Role Mapping afterwards, suggested and previewed; the others are re-checked.
    await go(page, 'Team');
    await page.getByRole('tab', { name: 'Active (61)' }).waitFor();
    const groups = (await api.ask<{ items: { name: string; members: number }[] }>('GET', `/tenants/${id}/groups`)).items;
    const group = groups.toSorted((a, b) => b.members - a.members)[0]!;
    await go(page, 'SSO');
    await editProvider(page, 'Entra', 'Role Mapping');
    await field(page, 'Manager').fill(group.name);
    await page.keyboard.press('Enter');
    const provider = (await api.ask<{ items: { id: string }[] }>('GET', `/tenants/${id}/providers`)).items[0]!.id;
    const wanted = await api.ask<MappingPreview>('POST', `/tenants/${id}/providers/${provider}/role-mapping/preview`, {
      mapping: { manager: [group.name] },
    });
    t.ok(wanted.changes.total > 0);
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByText(`${wanted.changes.total} of 61`).waitFor();
    t.ok(await preview.getByText(wanted.changes.items[0]!.profile.displayName).first().isVisible());
    t.ok(wanted.changes.total > 61 / 5, 'a large change');
    await field(page, `Type Journey to change the role of ${wanted.changes.total} people`).fill('Journey');
    await button(page, 'Update Provider').click();
    await page.getByText(/^Done: \d+ looked at, \d+ changed\.$/).waitFor();
    await button(page, 'Close').last().click();
    await go(page, 'Team');
    await field(page, 'Role').click();
    await page.getByRole('option', { name: 'manager' }).click();
    const rows = page.getByRole('region', { name: 'Team' }).getByRole('table');
    await eventually(60_000, 'the managers are shown', async () =>
      (await rows.getAttribute('aria-rowcount')) === String(wanted.changes.total + 1) ? true : undefined,
    );

    // A person: the request, the event and each effect, with one trace.
    await page.getByRole('region', { name: 'Team' }).getByRole('button').first().click();
    const person = page.getByRole('dialog');
    await person
      .getByText(/^Microsoft Entra added /)
      .first()
      .waitFor();
    t.match(await person.textContent(), /user\.created.*POST \/Users.*trace [0-9a-f]{32}.*profile-sync: identity applied/s);
    await page.keyboard.press('Escape');
    await person.waitFor({ state: 'detached' });

    // The last owner stays, and the console says what to do.
    await api.ask('PUT', `/tenants/${id}/team/${owner}/role`, { role: 'owner' });
    await field(page, 'Role').click();
    await page.getByRole('option', { name: 'owner' }).click();
    await button(page, 'Olive Owner').last().click();
    await button(page, 'Archive').click();
    await page.getByText('Make someone else an owner first').waitFor();
    await page.keyboard.press('Escape');

    // No longer active in Entra: archived, without a reload. Billing follows.
    played(t, await simulate({ ...founding, cycle: 'leave' }));
    await agrees(api, id);
    const after = await api.team(id);
    const archived = after.filter(({ status }) => status === 'archived').length;
    const present = after.length - archived;
    t.ok(archived > 0);
    await page.getByRole('tab', { name: `Archived (${archived})` }).waitFor();
    await go(page, 'Billing');
    t.match(await api.seats(id), { active: present, billed: { quantity: present } });
    await page.getByText('billed').first().waitFor();

    await go(page, 'Provisioning log');
    await field(page, 'About').click();
    await page.getByRole('option', { name: 'People who were added' }).click();
    await page
      .getByRole('button', { name: /^Microsoft Entra added / })
      .first()
      .click();
    const entry = page.getByRole('dialog');
    t.equal(await entry.getByText('userName', { exact: true }).isVisible(), false, 'raw words are folded');
    await entry.getByText('Details').click();
    await entry.getByText('userName', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await field(page, 'Person').fill('fabrikam');
    await page.getByText(/ people fit\. Write the whole e-mail address\.$/).waitFor();
    await field(page, 'Person').fill('nobody@fabrikam.example');
    await page.getByText('Choose a wider search above.').waitFor();
    await field(page, 'Person').fill('');
    const downloading = page.waitForEvent('download');
    await button(page, 'Export').click();
    await page.getByRole('menuitem', { name: 'CSV' }).click();
    t.equal((await downloading).suggestedFilename(), 'provisioning-log.csv');
    await go(page, 'Audit log');
    await page
      .getByText(/^The Role Mapping changed the role of .+ from Adviser to Manager$/)
      .first()
      .waitFor();
    // A long table has the rows that are to be seen; the older ones are further down.
    await page.evaluate(`document.querySelector('[aria-label="Audit log"]').scrollTop = 1e6`);
    await page.getByText(`Olive Owner saved the Role Mapping of the provider “Entra”: Manager now comes from “${group.name}”`).waitFor();
    t.notMatch(page.url(), /@|fabrikam/);
  });

  await t.test('M19 whoever Entra sends stands on the open Team page within a second, without a reload', async (t) => {
    const { id, key } = await api.tenant('Watched', ['fabrikam.example']);
    const page = await visit(t, (await api.ask<{ url: string }>('POST', '/console-links', {})).url);
    await page.getByRole('link', { name: 'Watched' }).click();
    await go(page, 'Team');
    await page.getByRole('heading', { name: 'Nobody yet' }).waitFor();
    let lists = 0;
    page.on('request', (request) => {
      if (request.url().includes(`/tenants/${id}/team?limit=500`)) lists++;
    });
    const waits: number[] = [];
    for (let n = 0; n < 10; n++) {
      const name = `Person ${String.fromCharCode(65 + n)}`;
      const began = performance.now();
      const answer = await fetch(`${gateway.scimUrl}/Users`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' },
        body: JSON.stringify({ userName: `p${n}@fabrikam.example`, displayName: name }),
      });
      t.equal(answer.status, 201);
      // Frame by frame: Playwright's own looks are up to half a second apart.
      await page.evaluate<void>(`new Promise((seen) => {
        const look = () => (document.body.textContent.includes('${name}') ? seen() : requestAnimationFrame(look));
        look();
      })`);
      waits.push(performance.now() - began);
    }
    const typical = waits.toSorted((a, b) => a - b)[5] as number;
    t.comment(`typically ${Math.round(typical)} ms, at most ${Math.round(Math.max(...waits))}`);
    t.ok(typical < 1000, 'typically');
    t.ok(lists <= 15, `${lists} looks at the whole team for 10 changes`);
  });

  await t.test('M15 a key is rotated with an overlap and revoked, after showing who it is', async (t) => {
    const { id, link } = await company('Keys');
    const page = await visit(t, await link());
    await go(page, 'Settings > API');
    await button(page, '+ New API Key').first().click();
    await button(page, 'Create').click();
    const first = await field(page, 'API key').inputValue();
    await page.getByRole('checkbox', { name: 'I stored it' }).check();
    await button(page, 'Close').click();
    const verify = (value: string) =>
      fetch(`${gateway.scimUrl}/Users?count=0`, { headers: { authorization: `Bearer ${value}` } }).then(({ status }) => status);
    t.equal(await verify(first), 403, 'a key, with SCIM off');

    // The session was opened long ago: as the server says it then.
    await page.route('**/rotate', (route) =>
      route.fulfill({
        status: 403,
        contentType: 'application/problem+json',
        body: JSON.stringify({ type: 'urn:claras:problem:verification-needed', title: 'x', status: 403, detail: 'x' }),
      }),
    );
    await page.getByRole('button', { name: /^Actions for Entra/ }).click();
    await page.getByRole('menuitem', { name: 'Rotate' }).click();
    await button(page, 'Rotate').click();
    await page.getByText('Show that it is you').waitFor();
    await page.unroute('**/rotate');
    await field(page, 'Sign-in link').fill(await link());
    await button(page, 'Go on').click();
    const second = await field(page, 'API key').inputValue();
    await page.getByRole('checkbox', { name: 'I stored it' }).check();
    await button(page, 'Close').click();
    t.not(first, second);
    for (const value of [first, second]) t.equal(await verify(value), 403, 'both open the door to the message that SCIM is off');
    await page.getByText(/^Ends in/).waitFor();

    await page.getByRole('button', { name: `Actions for Entra ${second.slice(0, 16)}` }).click();
    await page.getByRole('menuitem', { name: 'Revoke' }).click();
    await button(page, 'Revoke').click();
    await page.getByText('Revoked', { exact: true }).waitFor();
    await eventually(60_000, 'it is refused', async () => ((await verify(second)) === 401 ? true : undefined));
    t.ok(id);
  });

  await t.test('M19 a group that Entra sends stands on the Team page, with its members and the role that it gives', async (t) => {
    const { id, key, provider } = await api.tenant('Groups', ['fabrikam.example']);
    await api.map(id, provider, { manager: ['leads'] });
    const send = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
      const answer = await fetch(`${gateway.scimUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await answer.json()) as { id: string };
    };
    const { id: value } = await send('/Users', { userName: 'ann@fabrikam.example' });
    const page = await visit(t, (await api.ask<{ url: string }>('POST', '/console-links', {})).url);
    await page.getByRole('link', { name: 'Groups', exact: true }).click();
    await go(page, 'Team');
    await page.getByRole('tab', { name: 'Groups' }).click();
    await page.getByText('No group yet').waitFor();
    await send('/Groups', { displayName: 'Leads', members: [{ value }] });
    await send('/Groups', { displayName: 'Pilots' });
    await page.getByRole('row', { name: 'Leads 1 manager', exact: true }).waitFor();
    await page.getByRole('row', { name: 'Pilots 0 –', exact: true }).waitFor();
  });

  await t.test('who comes from Entra has a lock on the Team page, which says what is changed where', async (t) => {
    const { id, key } = await api.tenant('Locked', ['fabrikam.example']);
    await api.ask('POST', `/tenants/${id}/team`, { email: 'bob@fabrikam.example', displayName: 'Bob By Hand' });
    await fetch(`${gateway.scimUrl}/Users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' },
      body: JSON.stringify({ userName: 'ann@fabrikam.example', displayName: 'Ann' }),
    });
    const page = await visitTenant(t, 'Locked');
    await go(page, 'Team');
    const ann = button(page, 'Ann');
    await ann.locator('svg').waitFor();
    t.equal(await button(page, 'Bob By Hand').locator('svg').count(), 0);
    await ann.hover();
    await page.getByRole('tooltip').getByText('come from Entra').waitFor();
    await page.mouse.move(0, 0);
    await page.getByRole('tooltip').waitFor({ state: 'detached' });
    await page.getByRole('region', { name: 'Team' }).focus();
    await eventually(10_000, 'the focus is at Ann', async () => {
      await page.keyboard.press('Tab');
      return (await page.evaluate<string>('document.activeElement.textContent')).trim() === 'Ann' ? true : undefined;
    });
    await page.getByRole('tooltip').getByText('come from Entra').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('Name and e-mail address are changed in Entra.').waitFor();
  });

  await t.test('whoever is archived is signed out at once, without a reload', async (t) => {
    const { id, owner, link } = await company('Archived');
    const page = await visit(t, await link());
    await page.getByRole('heading', { name: 'SSO' }).waitFor();
    await api.ask('POST', `/tenants/${id}/team`, { email: 'second@fabrikam.example', displayName: 'Second', role: 'owner' });
    await api.ask('POST', `/tenants/${id}/team/${owner}/archive`);
    await page.getByRole('heading', { name: 'Sign in to Claras' }).waitFor();
  });

  await t.test('a manager reads and is told so; the keys have no actions', async (t) => {
    const { id } = await company('Manager');
    const email = 'mia@fabrikam.example';
    await api.ask('POST', `/tenants/${id}/team`, { email, displayName: 'Mia', role: 'manager' });
    await api.ask('POST', `/tenants/${id}/providers`, { name: 'Entra' });
    const { url: link } = await api.ask<{ url: string }>('POST', '/console-links', { tenant: id, email });
    const page = await visit(t, link);
    await editProvider(page, 'Entra', 'Role Mapping');
    await page.getByText('A manager reads here').waitFor();
    t.equal(await button(page, 'Update Provider').count(), 0);
    await page.keyboard.press('Escape');
    await go(page, 'Settings > API');
    await page.getByRole('heading', { name: 'No API key yet' }).waitFor();
    t.equal(await button(page, '+ New API Key').count(), 0);
  });

  await t.test('by keyboard alone: a provider, a key, a role mapping', async (t) => {
    const { link } = await company('Keyboard');
    const page = await visit(t, `${url}/console`);
    const press = (...keys: string[]) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    /** Tab until the element with that name has the focus. */
    async function to(name: RegExp): Promise<void> {
      for (let n = 0; n < 60; n++) {
        await press('Tab');
        const said = await page.evaluate<string>(`(() => {
          const element = document.activeElement;
          return element?.getAttribute('aria-label') ?? (element?.labels?.[0]?.textContent || element?.textContent || '');
        })()`);
        if (name.test(said)) return;
      }
      throw new Error(`no way by Tab to ${name}`);
    }
    await to(/^Sign-in link/);
    await page.keyboard.insertText(await link());
    await press('Enter');
    await page.getByRole('heading', { name: 'No provider yet' }).waitFor();
    await press('Tab');
    t.equal(await page.evaluate('document.activeElement?.textContent'), 'Skip to the page', 'the first stop');
    await to(/^New provider$/);
    await press('Enter');
    await button(page, 'Add provider').waitFor();
    await to(/^Add provider$/);
    await press('Enter');
    await page.getByRole('row', { name: /Entra/ }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' }); // it gives the focus back
    await to(/^Actions for Entra$/);
    await press('Enter');
    await page.getByRole('menuitem', { name: 'Edit' }).waitFor();
    await eventually(60_000, 'the menu has the focus', async () => {
      if ((await page.evaluate('document.activeElement?.textContent')) === 'Edit') return true;
      // A key that is pressed while the menu still opens is nobody's.
      await press('ArrowDown');
      return undefined;
    });
    await press('Enter');
    await page.getByRole('tab', { name: 'Role Mapping' }).waitFor();
    await to(/^Enable SCIM/);
    await press('ArrowRight');
    await field(page, 'Assistant').waitFor();
    await to(/^Assistant/);
    await page.keyboard.insertText('Helpers');
    await press('Enter');
    await to(/^Update Provider$/);
    await press('Enter');
    await page.getByText('Entra is updated.').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await eventually(60_000, 'the focus is back at the three dots', async () =>
      (await page.evaluate(`document.activeElement?.getAttribute('aria-label')`)) === 'Actions for Entra' ? true : undefined,
    );
    await to(/^Sign-in link|Settings > API$/).catch(async () => {
      await page.evaluate('document.activeElement.blur()');
      await to(/Settings > API$/);
    });
    await press('Enter');
    await to(/New API Key$/);
    await press('Enter');
    await button(page, 'Create').waitFor();
    await to(/^Create$/);
    await press('Enter');
    await page.getByRole('checkbox', { name: 'I stored it' }).waitFor();
    await to(/^I stored it$/);
    await press('Space');
    await to(/^Close$/);
    await press('Enter');
    await page.getByRole('row', { name: /Entra/ }).waitFor();
  });

  await t.test('names that would be markup, script or formulas are words', async (t) => {
    const { id, key } = await api.tenant('Hostile', ['fabrikam.example']);
    const names = [
      '<img src=x onerror=alert(1)>',
      '"><script>alert(1)</script>',
      '=HYPERLINK("http://evil")',
      '{{constructor.constructor("alert(1)")()}}',
    ];
    for (const [n, name] of names.entries()) {
      const body = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `u${n}@fabrikam.example`, displayName: name };
      const answer = await fetch(`${gateway.scimUrl}/Users`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' },
        body: JSON.stringify(body),
      });
      t.equal(answer.status, 201);
    }
    await eventually(60_000, 'they are in the team', async () => ((await api.team(id)).length === names.length ? true : undefined));
    const page = await visit(t, (await api.ask<{ url: string }>('POST', '/console-links', {})).url);
    await page.getByRole('link', { name: 'Hostile' }).click();
    await go(page, 'Team');
    for (const name of names) await button(page, name).waitFor();
    await button(page, names[0]!).click();
    await page.getByRole('dialog').getByText(`Microsoft Entra added ${names[0]}`).waitFor();
    t.equal(await page.locator('img').count(), 0);
    await page.keyboard.press('Escape');
    await go(page, 'Provisioning log');
    for (const name of names) await button(page, `Microsoft Entra added ${name}`).waitFor();
    t.equal(await page.locator('img').count(), 0);
    await go(page, 'Operations');
    await page.getByRole('heading', { name: 'Consumer lag' }).waitFor();
  });

  await t.test('a write that the edge refused stands in the provisioning log with what to do about it', async (t) => {
    const { id, key } = await api.tenant('Refused writes');
    const write = () =>
      fetch(`${gateway.scimUrl}/Users`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' },
        body: JSON.stringify({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'twice@fabrikam.example' }),
      });
    t.strictSame([(await write()).status, (await write()).status], [201, 409]);
    const page = await visit(t, (await api.ask<{ url: string }>('POST', '/console-links', {})).url);
    await page.getByRole('link', { name: 'Refused writes' }).click();
    await go(page, 'Provisioning log');
    const refused = 'Microsoft Entra tried to add a person, and Claras refused it';
    await page.getByRole('row', { name: `${refused} refused` }).waitFor();
    await button(page, refused).click();
    const entry = page.getByRole('dialog');
    await entry.getByText('Two objects in Entra have this name').waitFor();
    await entry.getByText('Details').click();
    await entry.getByText('409 uniqueness').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('row', { name: /Microsoft Entra added/ }).waitFor();
    await page.getByRole('checkbox', { name: 'Only what was refused' }).check();
    await page.getByRole('row', { name: /Microsoft Entra added/ }).waitFor({ state: 'detached' });
    t.match((await api.ask<LogPage>('GET', `/tenants/${id}/provisioning-log?refused=true`)).items, [{ type: 'request.refused' }]);
  });

  await t.test('the operator pauses a consumer, for everyone and across a restart, and resumes it', async (t) => {
    const { id } = await company('Paused');
    await eventually(60_000, 'one seat is billed', async () => ((await api.seats(id)).billed?.quantity === 1 ? true : undefined));
    const page = await visit(t, (await api.ask<{ url: string }>('POST', '/console-links', {})).url);
    await go(page, 'Operations');
    await button(page, 'Pause billing-sync').click();
    await page.getByText('The billed seats stay as they are.').waitFor();
    await button(page, 'Pause').click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /billing-sync claras\.team\.v1 .*paused by operator/ }).waitFor();
    await page.getByRole('row', { name: /billing-sync ok paused by operator since/ }).waitFor();
    await gateway.restart();
    await api.ask('POST', `/tenants/${id}/team`, { email: 'second@fabrikam.example', displayName: 'Second' });
    await page.getByRole('row', { name: /billing-sync claras\.team\.v1 all [1-9]/ }).waitFor();
    t.equal((await api.seats(id)).billed?.quantity, 1, 'as it was before');
    await button(page, 'Resume billing-sync').click();
    await eventually(60_000, 'it is billed', async () => ((await api.seats(id)).billed?.quantity === 2 ? true : undefined));
    await button(page, 'Pause billing-sync').waitFor();
  });

  await t.test('an owner has everything said anew: it stands in the log, and what was right stays', async (t) => {
    const { id, link } = await company('Anew');
    const { id: provider } = await api.ask<{ id: string }>('POST', `/tenants/${id}/providers`, {
      name: 'Entra',
      domains: ['fabrikam.example'],
    });
    await api.ask('PATCH', `/tenants/${id}/providers/${provider}`, { scim: true });
    const page = await visit(t, await link());
    await go(page, 'Provisioning log');
    await button(page, 'New snapshot').click();
    await page.getByText('What somebody changed by hand stays.').waitFor();
    await button(page, 'Start').click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^Claras has gone through all: / }).waitFor();
    await page.getByRole('progressbar', { name: 'Snapshot' }).waitFor({ state: 'detached' });
    await button(page, 'Claras began to go through all people and groups once more').click();
    await page.getByRole('dialog').getByText('Details').click();
    await page.getByText('asked for by hand').waitFor();
    t.equal((await api.team(id)).length, 1);
  });

  await t.test('the operator sees which tenant is being erased and for whom it waits, until it is done', async (t) => {
    const { id } = await company('Leaving');
    const page = await visit(t, (await api.ask<{ url: string }>('POST', '/console-links', {})).url);
    await page.getByRole('link', { name: 'Leaving', exact: true }).waitFor();
    await page.route('**/api/v1/erasures', (route) =>
      route.fulfill({
        json: { items: [{ tenant: id, by: 'operator', began: '2026-11-24T12:00:00.000Z', waiting: ['core-app', 'archiver'] }] },
      }),
    );
    await page.getByRole('row', { name: /leaving .* by operator core-app, archiver$/ }).waitFor();
    await page.unroute('**/api/v1/erasures');
    await api.ask('POST', '/erasures', { tenant: id, name: 'Leaving' });
    await page.getByRole('link', { name: 'Leaving', exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Being erased' }).waitFor({ state: 'detached' });
  });

  await t.test('a page that cannot reach the server says so, keeps what it shows, and goes on by itself', async (t) => {
    const { id, link } = await company('Offline');
    const page = await visit(t, await link());
    await page.getByRole('heading', { name: 'No provider yet' }).waitFor();
    await page.context().setOffline(true);
    // The next refresh, and its two tries more, take 8 s where nothing else is going on.
    await page.getByText('The server does not answer').waitFor();
    t.ok(await page.getByRole('heading', { name: 'No provider yet' }).isVisible());
    await page.context().setOffline(false);
    await api.ask('POST', `/tenants/${id}/providers`, { name: 'Made meanwhile' });
    await page.getByRole('row', { name: /Made meanwhile/ }).waitFor();
    await page.getByText('The server does not answer').waitFor({ state: 'detached' });
  });

  await t.test('a log of 10,000 rows keeps a few of them in the page', async (t) => {
    const { id, link } = await company('Long log');
    const page = await visit(t, await link());
    const items = Array.from({ length: 10_000 }, (_, n) => ({
      ...{
        id: `${10_000 - n}`,
        sequence: 10_000 - n,
        time: '2026-11-24T12:00:00.000Z',
        type: 'user.updated',
        subject: `Users/${n}`,
        name: `user ${n}`,
      },
      ...{ users: 1, changes: [], consumers: [], results: [], resultsTotal: 0 },
    }));
    await page.route('**/provisioning-log/.search', (route) => route.fulfill({ json: { items } }));
    await go(page, 'Provisioning log');
    await page.getByText(/ of user 0 once more$/).waitFor();
    const frame = page.getByRole('region', { name: 'Provisioning log' });
    const worst = await page.evaluate<number>(`(async () => {
      const element = document.querySelector('[aria-label="Provisioning log"]');
      let most = 0;
      for (let n = 1; n <= 20; n++) {
        const began = performance.now();
        element.scrollTop = (element.scrollHeight * n) / 20;
        await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted, 0)));
        most = Math.max(most, performance.now() - began);
      }
      return most;
    })()`);
    await page.getByText(/ of user 9999 once more$/).waitFor();
    const rows = await frame.getByRole('row').count();
    t.ok(rows < 60, `${rows} rows`);
    t.comment(`the slowest of 20 jumps through 10,000 rows took ${Math.round(worst)} ms`);
    t.ok(id);
  });

  await t.test('the operator sees an alarm of a tenant, after a restart too', async (t) => {
    await gateway.stop();
    const { store, close } = await openBacking({
      storeUrl: `file:${gateway.dataDir}`,
      busUrl: `file:${gateway.dataDir}`,
      cells: 64,
      runtime,
    });
    const raised = alarms({ store, runtime, log: { info() {}, warn() {}, error() {} } });
    const which = { consumer: 'archiver', tenant: 'far-away', kind: 'queue-full' } as const;
    await raised.raise(which, 'something is missing');
    await close();
    await gateway.start();
    const page = await visit(t, (await api.ask<{ url: string }>('POST', '/console-links', {})).url);
    await go(page, 'Operations');
    await page.getByRole('row', { name: /far-away archiver .*something is missing/ }).waitFor();
    await page.getByRole('row', { name: /archiver needs somebody something is missing/ }).waitFor();
  });

  await t.test('the pages come with a strict policy, and what they are made of stays for a year', async (t) => {
    const page = await fetch(`${url}/console`);
    const policy = page.headers.get('content-security-policy') ?? '';
    t.match(policy, /default-src 'none'; script-src 'self'; style-src 'self' 'nonce-[^']+';/);
    t.notMatch(policy, /unsafe/);
    t.equal(page.headers.get('cache-control'), 'no-store');
    const html = await page.text();
    t.notMatch(html, /__CSP_NONCE__|<script>/);
    const script = /src="([^"]+\.js)"/.exec(html)?.[1] as string;
    const sent = await fetch(`${url}${script}`, { headers: { 'accept-encoding': 'gzip' } });
    t.match(sent.headers.get('cache-control'), /max-age=31536000, immutable/);
    const size = Number(sent.headers.get('content-length'));
    t.ok(size > 50_000 && size <= 220 * 1024, `${size} bytes of JavaScript, gzipped`);
    t.equal((await fetch(`${url}/console/assets/nothing.js`)).status, 404);
    t.equal((await fetch(`${url}/`, { redirect: 'manual' })).headers.get('location'), '/console');
  });

  t.strictSame(faults, [], 'no page had a fault or a violation of its CSP');
}
