import type { Config } from '@claras/service-kit/config';

/** Where things are and what to do next, for the person who started it. */
export const welcome = (url: string, { dataDir }: Config, signIn: string): string => `
  Claras SCIM gateway

  Tenant URL   ${url}/api/scim/v2
  Console      ${signIn}
               (this link signs you in as the operator, once, within an hour; a new one: npx claras-scim console link)
  REST API     ${url}/api/v1
  Health       ${url}/health        Metrics  ${url}/metrics
  Data         ${dataDir}

  Make a tenant, and the key that Entra takes as its secret token:
    npx claras-scim tenant create "Hill & Sons" --domain hill.example
    npx claras-scim key create --tenant hill-sons --name Entra --scope scim.full

  Play a provisioning cycle against it (the key in a file):
    npx claras-scim simulate entra --url ${url}/api/scim/v2 --key-file key.txt --users 100 --groups 5 --cycle initial

`;
