import {
  AppShell,
  Burger,
  Button,
  Group,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { type ComponentType, useEffect, useRef } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { signOut } from './api.ts';
import { ApiKeys } from './pages/api-keys.tsx';
import { AuditLog } from './pages/audit-log.tsx';
import { Billing } from './pages/billing.tsx';
import { Operations } from './pages/operations.tsx';
import { ProvisioningLog } from './pages/provisioning-log.tsx';
import { Sso } from './pages/sso.tsx';
import { Team } from './pages/team.tsx';
import { Tenants } from './pages/tenants.tsx';
import { useSession } from './session.tsx';
import { useTenantName } from './shared/tenant-name.ts';

const pages: { path: string; name: string; page: ComponentType<{ tenant: string }> }[] = [
  { path: 'sso', name: 'SSO', page: Sso },
  { path: 'api', name: 'Settings > API', page: ApiKeys },
  { path: 'team', name: 'Team', page: Team },
  { path: 'log', name: 'Provisioning log', page: ProvisioningLog },
  { path: 'billing', name: 'Billing', page: Billing },
  { path: 'audit', name: 'Audit log', page: AuditLog },
];
const base = '/console';

export function App() {
  const { tenant, profile } = useSession();
  const [opened, { toggle, close }] = useDisclosure();
  const [location] = useLocation();
  const here = tenant ?? /^\/console\/t\/([^/]+)/.exec(location)?.[1];
  const main = useRef<HTMLElement>(null);
  const before = useRef<string>(undefined);
  useEffect(() => {
    // A reader of the screen hears where it went; the first page is read anyway.
    const arrives = before.current === undefined || (tenant !== undefined && before.current === base);
    if (!arrives) main.current?.focus();
    before.current = location;
    close();
  }, [location, tenant, close]);

  return (
    <AppShell header={{ height: 56 }} navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !opened } }} padding="md">
      <a href="#main" className="skip">
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" aria-expanded={opened} />
            <Text fw={700}>Claras</Text>
            {here && <Company tenant={here} />}
          </Group>
          <Account name={profile?.displayName ?? 'Operator'} role={profile?.role} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label="Pages">
        <ScrollArea p="xs">
          {!tenant && <Item href={base} name="Tenants" />}
          {here && pages.map(({ path, name }) => <Item key={path} href={`${base}/t/${here}/${path}`} name={name} />)}
          {!tenant && <Item href={`${base}/operations`} name="Operations" />}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" ref={main} tabIndex={-1}>
        <Switch>
          {tenant && <Route path={base}>{<Redirect to={`${base}/t/${tenant}/sso`} replace />}</Route>}
          {!tenant && <Route path={base} component={Tenants} />}
          {!tenant && <Route path={`${base}/operations`} component={Operations} />}
          {here &&
            pages.map(({ path, page: Page }) => (
              <Route key={path} path={`${base}/t/${here}/${path}`}>
                <Page tenant={here} />
              </Route>
            ))}
          <Route>
            <Text>
              There is no such page. <Link href={base}>Go to the first one.</Link>
            </Text>
          </Route>
        </Switch>
      </AppShell.Main>
    </AppShell>
  );
}

function Company({ tenant }: { tenant: string }) {
  return (
    <Text c="dimmed" truncate>
      {useTenantName(tenant)}
    </Text>
  );
}

function Item({ href, name }: { href: string; name: string }) {
  const [location] = useLocation();
  const active = location === href;
  return <NavLink component={Link} href={href} label={name} active={active} aria-current={active ? 'page' : undefined} variant="filled" />;
}

function Account({ name, role }: { name: string; role: string | undefined }) {
  const queries = useQueryClient();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme();
  async function leave() {
    await signOut().catch(() => undefined);
    queries.clear();
    queries.setQueryData(['session'], null);
    location.assign(base);
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" size="xs">
          {name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {role && <Menu.Label>{role === 'manager' ? 'Manager: reads' : 'Owner: manages'}</Menu.Label>}
        <Menu.Item onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}>
          {scheme === 'dark' ? 'Light' : 'Dark'} colours
        </Menu.Item>
        <Menu.Item onClick={leave}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
