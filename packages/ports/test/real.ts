import type { Test } from 'tap';

/**
 * The address of a real component for tests, which `npm test` starts and sets. Without it the test is skipped and says so; with
 * REQUIRE_REAL=1 it fails.
 */
export function realUrl(t: Test, variable: 'TEST_REDIS_URL' | 'TEST_KAFKA_URL'): string | undefined {
  const url = process.env[variable];
  if (url) return url;
  const how = `${variable} is not set: npm test sets it; by hand, npm run native:up prints an address`;
  if (process.env.REQUIRE_REAL === '1') t.fail(how);
  else t.plan(0, `SKIPPED, NOT TESTED ON THE REAL THING: ${how}`);
  return undefined;
}
