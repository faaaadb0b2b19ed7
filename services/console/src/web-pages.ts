import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Made by `npm ci`, and again before a start where the sources of the pages have changed. */
const built = join(import.meta.dirname, '../web/dist');
const notBuilt = 'The pages of the console are not built. Run: npm run build:web\n';

const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** The console's pages under /console: one document for all of them, and its assets. */
export async function webPages(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, {
    root: join(built, 'assets'),
    prefix: '/console/assets/',
    immutable: true,
    maxAge: '365d',
    index: false,
    preCompressed: true,
    decorateReply: false,
  });
  let page: string | undefined;
  const pageText = async () => {
    page ??= await readFile(join(built, 'index.html'), 'utf8').catch(() => undefined);
    return page;
  };

  app.get('/', (_, reply) => reply.redirect('/console'));
  for (const path of ['/console', '/console/*'])
    app.get(path, async (_, reply) => {
      const text = await pageText();
      if (text === undefined) return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt);
      const nonce = randomBytes(16).toString('base64');
      return reply
        .type('text/html; charset=utf-8')
        .headers({
          'content-security-policy': policy(nonce),
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
          'cross-origin-opener-policy': 'same-origin',
          'permissions-policy': 'camera=(), geolocation=(), microphone=()',
        })
        .send(text.replaceAll('__CSP_NONCE__', nonce));
    });
}
