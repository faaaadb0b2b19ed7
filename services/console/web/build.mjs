// Builds the console's pages into dist, unless they are those of these very sources. Plain JavaScript: an install runs it.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const here = import.meta.dirname;
const stamp = join(here, 'dist/built-from');

const sources = globSync(['src/**/*', 'index.html', 'build.mjs', '../package.json'], { cwd: here, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
const digest = createHash('sha256');
for (const path of sources) digest.update(path.slice(here.length)).update(readFileSync(path));
const wanted = digest.digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  const [{ build }, { default: react }] = await Promise.all([import('vite'), import('@vitejs/plugin-react')]);
  await build({
    root: here,
    base: '/console/',
    configFile: false,
    logLevel: 'warn',
    plugins: [react()],
    // The test runner brings an older React to the root of the workspace.
    resolve: { dedupe: ['react', 'react-dom'] },
    build: {
      target: 'es2023',
      outDir: 'dist',
      emptyOutDir: true,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1000,
    },
  });
  for (const entry of globSync('dist/assets/*.{js,css}', { cwd: here })) {
    const path = join(here, entry);
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
  }
  writeFileSync(stamp, wanted);
}
