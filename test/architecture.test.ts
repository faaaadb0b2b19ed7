import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import t from 'tap';

const root = resolve(import.meta.dirname, '..');

/** Who may import whom (ARCHITECTURE.md). Services may import every package; `local` alone may import services. */
const mayImport: Record<string, readonly string[]> = {
  scim: [],
  domain: [],
  'entra-simulator': [],
  contracts: ['domain'],
  ports: ['contracts', 'domain'],
  directory: ['scim', 'domain', 'contracts', 'ports'],
  'service-kit': ['contracts', 'ports'],
  cli: ['contracts', 'domain', 'entra-simulator', 'service-kit'],
};

/** Each of these stands behind one port: the folder (or file) that alone may import it. */
const onlyIn: Record<string, string> = {
  ioredis: 'packages/ports/src/store/',
  kafkajs: 'packages/ports/src/bus/',
  stripe: 'packages/ports/src/billing/',
  lmdb: 'packages/ports/src/store/',
  pino: 'packages/service-kit/src/',
  'prom-client': 'packages/service-kit/src/',
};

/** Where the machine may be asked for time, chance and names (DECISIONS 13), and for its environment. */
const maySeeTheClock =
  /^(packages\/ports\/src\/system-runtime\.ts|packages\/ports\/src\/bus\/kafka.*\.ts|packages\/entra-simulator\/|packages\/cli\/)/;
const maySeeTheEnvironment = /^(packages\/cli\/src\/main\.ts|services\/[^/]+\/src\/main\.ts)/;

const sources = globSync('{packages,services}/*/src/**/*.ts', { cwd: root }).map((path) => path.split(sep).join('/'));
const packages = new Set(globSync('packages/*', { cwd: root }).map((path) => path.split(sep)[1]));
const services = new Set(globSync('services/*', { cwd: root }).map((path) => path.split(sep)[1]));
const textOf = new Map(sources.map((path) => [path, readFileSync(join(root, path), 'utf8')]));

interface Import {
  from: string;
  specifier: string;
}
const imports: Import[] = [...textOf].flatMap(([from, text]) =>
  [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g,
    ),
  ].map((match) => ({ from, specifier: (match[1] ?? match[2] ?? match[3]) as string })),
);
const unitOf = (path: string) => path.split('/')[1] as string;

t.ok(sources.length > 50, 'the sources are found');

t.test('packages and services import only what the table allows', async (t) => {
  const wrong = imports.filter(({ from, specifier }) => {
    const target = /^@claras\/([^/]+)/.exec(specifier)?.[1];
    if (!target || target === unitOf(from)) return false;
    if (from.startsWith('services/')) return services.has(target) && unitOf(from) !== 'local';
    return !mayImport[unitOf(from)]?.includes(target);
  });
  t.strictSame(wrong, []);
});

t.test('relative imports stay in their package, packages do not import themselves by name', async (t) => {
  const wrong = imports.filter(({ from, specifier }) => {
    if (specifier.startsWith(`@claras/${unitOf(from)}/`)) return true;
    if (!specifier.startsWith('.') || specifier === '../package.json') return false;
    const home = from.split('/').slice(0, 3).join('/');
    return relative(join(root, home), resolve(root, dirname(from), specifier)).startsWith('..');
  });
  t.strictSame(wrong, []);
});

t.test('each outside system is behind its one adapter', async (t) => {
  const wrong = imports.filter(({ from, specifier }) => {
    const place = onlyIn[specifier.split('/')[0] as string];
    return place !== undefined && !from.startsWith(place);
  });
  t.strictSame(wrong, []);
});

t.test('every workspace package that is imported is declared', async (t) => {
  const wrong = imports.filter(({ from, specifier }) => {
    if (specifier.startsWith('.') || specifier.startsWith('node:')) return false;
    const name = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : (specifier.split('/')[0] as string);
    const manifest = JSON.parse(readFileSync(join(root, from.split('/').slice(0, 2).join('/'), 'package.json'), 'utf8'));
    return !(name in { ...manifest.dependencies, ...(from.endsWith('.contract.ts') ? manifest.devDependencies : {}) });
  });
  t.strictSame(wrong, []);
});

t.test('no import cycles', async (t) => {
  const edges = new Map<string, string[]>();
  for (const { from, specifier } of imports) {
    const named = /^@claras\/([^/]+)\/(.+)$/.exec(specifier);
    const to = specifier.startsWith('.')
      ? relative(root, resolve(root, dirname(from), specifier))
          .split(sep)
          .join('/')
      : named && `${packages.has(named[1]) ? 'packages' : 'services'}/${named[1]}/src/${named[2]}.ts`;
    if (to) edges.set(from, [...(edges.get(from) ?? []), to]);
  }
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    if (trail.includes(path)) return void cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of sources) visit(path, []);
  t.strictSame(cycles, []);
});

t.test('time, chance, names and the environment are injected', async (t) => {
  const clock = /\b(Date\.now|Math\.random|setTimeout|setInterval|randomUUID)\(|new Date\(\)/;
  const wrong = [...textOf].filter(
    ([path, text]) => (clock.test(text) && !maySeeTheClock.test(path)) || (/process\.env/.test(text) && !maySeeTheEnvironment.test(path)),
  );
  t.strictSame(
    wrong.map(([path]) => path),
    [],
  );
});

t.test('files are named after what they hold', async (t) => {
  const wrong = sources.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.contract)?\.ts$/.test(path.split('/').at(-1) as string));
  const vague = sources.filter((path) => /(^|[-/])(utils?|helpers?|common|managers?|handlers?|base|types)\.ts$/.test(path));
  t.strictSame([...wrong, ...vague], []);
});
