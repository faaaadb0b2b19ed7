import type { Check, HealthReport } from '@claras/contracts/health';

/** Named states of what a process depends on, as those who depend on it last saw them. */
export function createHealth() {
  const checks = new Map<string, Check>();
  return {
    set(name: string, check: Check): void {
      checks.set(name, check);
    },
    report(): HealthReport {
      const all = [...checks.values()];
      return {
        ok: all.every(({ ok }) => ok),
        needsSomebody: all.some(({ needsSomebody }) => needsSomebody),
        checks: Object.fromEntries(checks),
      };
    },
  };
}
export type Health = ReturnType<typeof createHealth>;
