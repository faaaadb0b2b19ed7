import type { CycleName } from './history.ts';
import type { Dialect } from './intent.ts';

/** Something that Entra would log as a failure and try again next cycle. */
export interface Failure {
  /** What was being done. */
  kind: string;
  /** Whom or what it was about. */
  subject: string;
  reason: string;
}

/** Times in milliseconds from request to whole answer. */
export interface Latency {
  count: number;
  p50: number;
  p99: number;
}

export interface Report {
  cycle: CycleName;
  dialect: Dialect;
  seed: number | string;
  /** Every cycle that this edge has seen, this one included. */
  played: CycleName[];
  /** Requests of the cycle, repeated attempts included, verification apart. */
  requests: number;
  requestsPerSecond: number;
  durationMs: number;
  /** Attempts that were answered 429 or 5xx or not at all, and were made again: reason → how many. */
  retries: Record<string, number>;
  latency: Record<string, Latency>;
  failures: Failure[];
  verified: { users: number; groups: number; requests: number; durationMs: number };
  /** Where the edge is not what was sent to it. */
  differences: string[];
  /** No failure and no difference. */
  ok: boolean;
}

/** Counts while requests are made. */
export interface Tally {
  readonly failures: Failure[];
  readonly retries: Record<string, number>;
  requests(): number;
  retried(): number;
  answered(kind: string, ms: number): void;
  retry(reason: string): void;
  failed(kind: string, subject: string, reason: string): void;
  latency(): Record<string, Latency>;
}

/** The value below which `part` of the sorted values lie (nearest rank). */
const percentile = (sorted: readonly number[], part: number): number => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
const rounded = (ms: number): number => Math.round(ms * 10) / 10;

export function newTally(): Tally {
  const failures: Failure[] = [];
  const retries: Record<string, number> = {};
  const times = new Map<string, number[]>();
  let requests = 0;
  return {
    failures,
    retries,
    requests: () => requests,
    answered(kind, ms) {
      requests++;
      const list = times.get(kind);
      if (list) list.push(ms);
      else times.set(kind, [ms]);
    },
    retried: () => Object.values(retries).reduce((sum, count) => sum + count, 0),
    retry(reason) {
      retries[reason] = (retries[reason] ?? 0) + 1;
    },
    failed: (kind, subject, reason) => void failures.push({ kind, subject, reason }),
    latency: () =>
      Object.fromEntries(
        [...times].map(([kind, list]) => {
          const sorted = [...list].sort((a, b) => a - b);
          return [kind, { count: sorted.length, p50: rounded(percentile(sorted, 0.5)), p99: rounded(percentile(sorted, 0.99)) }];
        }),
      ),
  };
}

/** How many failures and differences are written out in text; JSON has all. */
const shown = 20;

function listed(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const rest = lines.length - shown;
  return ['', title, ...lines.slice(0, shown).map((line) => `  ${line}`), ...(rest > 0 ? [`  … and ${rest} more (--json has all)`] : [])];
}

/** The report for a reader. */
export function reportText(report: Report): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const retries = Object.entries(report.retries).map(([reason, count]) => `${count} × ${reason}`);
  const kinds = Object.entries(report.latency).map(
    ([kind, { count, p50, p99 }]) =>
      `${kind.padEnd(22)}${String(count).padStart(8)}${p50.toFixed(1).padStart(10)}${p99.toFixed(1).padStart(10)}`,
  );
  const { verified } = report;
  return [
    `${report.cycle} cycle, ${report.dialect} dialect, seed ${report.seed}; played so far: ${report.played.join(', ')}`,
    `${report.requests} requests in ${seconds(report.durationMs)}: ${Math.round(report.requestsPerSecond)} requests/s`,
    ...(retries.length > 0 ? [`retried: ${retries.join(', ')}`] : []),
    '',
    `${'request'.padEnd(22)}${'count'.padStart(8)}${'p50 ms'.padStart(10)}${'p99 ms'.padStart(10)}`,
    ...kinds,
    ...listed(
      'failures',
      report.failures.map(({ kind, subject, reason }) => `${kind} ${subject}: ${reason}`),
    ),
    ...listed('the edge differs from what was sent', report.differences),
    '',
    `verified ${verified.users} users and ${verified.groups} groups in ${seconds(verified.durationMs)}`,
    `${report.failures.length} failures, ${report.differences.length} differences`,
  ].join('\n');
}
