import type { Config } from '@claras/service-kit/config';
import type { FastifyInstance } from 'fastify';

/** Where things are and what to do next, for the person who started it. */
export const welcome = (url: string, { dataDir }: Config): string => `
  Claras SCIM gateway

  Tenant URL   ${url}/api/scim/v2
  Console      ${url}/console
  REST API     ${url}/api/v1
  Health       ${url}/health        Metrics  ${url}/metrics
  Data         ${dataDir}

  Make a tenant, and the key that Entra takes as its secret token:
    npx claras-scim tenant create "Hill & Sons" --domain hill.example
    npx claras-scim key create --tenant hill-sons --name Entra --scope scim.full

  Play a provisioning cycle against it (the key in a file):
    npx claras-scim simulate entra --url ${url}/api/scim/v2 --key-file key.txt --users 100 --groups 5 --cycle initial

`;

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Claras SCIM gateway</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 44rem; margin: 3rem auto; padding: 0 1rem }
  code { font-size: .95em } pre { overflow-x: auto; padding: .8rem; border: 1px solid; border-radius: .4rem }
</style>
<h1>Claras SCIM gateway</h1>
<p>It is running. The pages for single sign-on, API keys and the team are not part of this version; everything they do is done from the
command line, or over the REST API at <code>/api/v1</code>.</p>
<h2>1. Make a tenant</h2>
<pre>npx claras-scim tenant create "Hill &amp; Sons" --domain hill.example</pre>
<h2>2. Make the key that Entra takes as its secret token</h2>
<pre>npx claras-scim key create --tenant hill-sons --name Entra --scope scim.full</pre>
<h2>3. In Entra: Provisioning, New configuration</h2>
<p>Tenant URL: this address with <code>/api/scim/v2</code> behind it. Secret token: the key as it was shown.</p>
<h2>4. See who is there</h2>
<pre>npx claras-scim team list --tenant hill-sons
npx claras-scim seats --tenant hill-sons
npx claras-scim lag</pre>
<p><a href="/health">Health</a> · <a href="/metrics">Metrics</a></p>
</html>`;

const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

export async function welcomePage(app: FastifyInstance): Promise<void> {
  for (const path of ['/', '/console'])
    app.get(path, async (_, reply) => reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page));
}
