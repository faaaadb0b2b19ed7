/** One part of a process, as its `/health` says. */
export interface Check {
  /** Does not wait for anything. */
  ok: boolean;
  /** Something in it stands until somebody decides or mends; all the rest of it works. */
  needsSomebody?: boolean;
  /** For an operator: what is wrong and what happens next. Without secrets and personal data. */
  detail?: string;
}

/** What `/health` answers. `ok`: every check is. `needsSomebody`: one of them does. */
export interface HealthReport {
  ok: boolean;
  needsSomebody: boolean;
  checks: Record<string, Check>;
}

/** In words; `waits`: those for what is not ok. */
export const stateOf = ({ ok, needsSomebody }: Pick<Check, 'ok' | 'needsSomebody'>, waits: string): string =>
  ok ? (needsSomebody ? 'needs somebody' : 'ok') : waits;
