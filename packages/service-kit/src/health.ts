export interface Check {
  ok: boolean;
  /** For an operator: what is wrong and what happens next. Without secrets and personal data. */
  detail?: string;
}

/** `ok`: every check is. */
export interface HealthReport {
  ok: boolean;
  checks: Record<string, Check>;
}

/** Named states of what a process depends on, as those who depend on it last saw them. */
export function createHealth() {
  const checks = new Map<string, Check>();
  return {
    set(name: string, ok: boolean, detail?: string): void {
      checks.set(name, detail === undefined ? { ok } : { ok, detail });
    },
    report: (): HealthReport => ({ ok: [...checks.values()].every(({ ok }) => ok), checks: Object.fromEntries(checks) }),
  };
}
export type Health = ReturnType<typeof createHealth>;
