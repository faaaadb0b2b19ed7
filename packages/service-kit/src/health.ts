export interface Check {
  /** Does not wait for anything. */
  ok: boolean;
  /** Something in it stands until somebody decides or mends; all the rest of it works. */
  needsSomebody?: boolean;
  /** For an operator: what is wrong and what happens next. Without secrets and personal data. */
  detail?: string;
}

/** `ok`: every check is. `needsSomebody`: one of them does. */
export interface HealthReport {
  ok: boolean;
  needsSomebody: boolean;
  checks: Record<string, Check>;
}

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
