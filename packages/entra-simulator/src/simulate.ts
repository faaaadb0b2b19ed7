import { atOnce } from './at-once.ts';
import { type Client, NoAnswer, scimClient } from './client.ts';
import type { Founding } from './company.ts';
import { type Chapter, type CycleName, historyOf } from './history.ts';
import type { Dialect, Intent } from './intent.ts';
import { linksBetween } from './links.ts';
import { countOf, Refused } from './match.ts';
import { playedOn } from './played-on.ts';
import { type Balance, provisioning, subjectOf } from './provisioning.ts';
import { newTally, type Report, type Tally } from './report.ts';
import { verify } from './verify.ts';

export interface Progress {
  phase: string;
  /** Intents settled so far, and in all. */
  done: number;
  total: number;
  requests: number;
  retries: number;
  failures: number;
}

export interface Simulation extends Founding {
  /** The Tenant URL as it is entered in Entra. */
  url: string;
  key: string;
  cycle: CycleName;
  dialect: Dialect;
  /** Cycles that this edge has seen of this company. Without it, the edge is asked. */
  after?: readonly CycleName[] | undefined;
  /** Requests under way at once. Default 16. */
  concurrency?: number | undefined;
  /** How long one request is tried again while the edge is down or busy, in ms. Default 60,000. */
  patience?: number | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** One run: the cycle and its verification are counted apart. */
interface Run extends Simulation {
  concurrency: number;
  client: Client;
  tally: Tally;
  verifier: Client;
  verifyTally: Tally;
}

function newRun(simulation: Simulation): Run {
  const { url, key, signal, patience, concurrency = 16 } = simulation;
  const [tally, verifyTally] = [newTally(), newTally()];
  const connect = (counts: Tally) => scimClient({ url, key, concurrency, signal, patience, tally: counts });
  return { ...simulation, concurrency, tally, verifyTally, client: connect(tally), verifier: connect(verifyTally) };
}

const isFailure = (error: unknown): error is Error => error instanceof Refused || error instanceof NoAnswer;

/** What cannot be told from outside once the cycle runs: the cycles played, and how much the edge holds. Undefined: the edge cannot be asked. */
async function lookAround(run: Run): Promise<{ played: CycleName[]; held: Balance } | undefined> {
  try {
    const played = run.after ? [...run.after] : await playedOn(run.verifier, run);
    return { played, held: { users: await countOf(run.verifier, 'Users'), groups: await countOf(run.verifier, 'Groups') } };
  } catch (error) {
    if (!isFailure(error)) throw error;
    run.tally.failed('test connection', new URL(run.url).host, error.message);
    return undefined;
  }
}

/** Carries out a chapter phase by phase. False when the first one, the connection test, failed: Entra would send no more. */
async function play(run: Run, chapter: Chapter, carryOut: (intent: Intent) => Promise<void>): Promise<boolean> {
  const { tally, signal, concurrency, onProgress } = run;
  const total = chapter.phases.reduce((sum, { intents }) => sum + intents.length, 0);
  let done = 0;
  for (const [index, phase] of chapter.phases.entries()) {
    await atOnce(concurrency, phase.intents, async (intent) => {
      signal?.throwIfAborted();
      await carryOut(intent).catch((error: unknown) => {
        if (!isFailure(error)) throw error;
        tally.failed(intent.kind, subjectOf(intent), error.message);
      });
      const counts = { requests: tally.requests(), retries: tally.retried(), failures: tally.failures.length };
      onProgress?.({ phase: phase.name, done: ++done, total, ...counts });
    });
    if (index === 0 && tally.failures.length > 0) return false;
  }
  return true;
}

const strangersOf = (chapters: readonly Chapter[]): Set<string> =>
  new Set(
    chapters
      .flatMap(({ phases }) => phases.flatMap(({ intents }) => intents))
      .flatMap((intent) => (intent.kind === 'change-members' ? (intent.unknown ?? []) : [])),
  );

interface Outcome {
  played: CycleName[];
  /** Milliseconds that the cycle took. */
  durationMs: number;
  verified: Report['verified'];
  differences: string[];
}

async function runCycle(run: Run): Promise<Outcome> {
  const nothing = { users: 0, groups: 0, requests: 0, durationMs: 0 };
  const around = await lookAround(run);
  if (!around) return { played: [], durationMs: 0, verified: nothing, differences: [] };
  const played = [...around.played, run.cycle];
  const chapters = historyOf(run, played);
  const chapter = chapters.at(-1)!;
  const { carryOut, balance } = provisioning(run.client, linksBetween(run.client, chapter.before, chapter.after), run.dialect);

  const start = performance.now();
  const connected = await play(run, chapter, carryOut);
  const end = performance.now();
  const durationMs = end - start;
  if (!connected) return { played: around.played, durationMs, verified: nothing, differences: [] };

  const { after: company } = chapter;
  const differences = await verify({
    client: run.verifier,
    links: linksBetween(run.verifier, chapter.before, company),
    company,
    totals: { users: around.held.users + balance.users, groups: around.held.groups + balance.groups },
    strangers: strangersOf(chapters),
    concurrency: run.concurrency,
  });
  const requests = run.verifyTally.requests();
  const verified = { users: company.people.size, groups: company.groups.size, requests, durationMs: performance.now() - end };
  return { played, durationMs, verified, differences };
}

/**
 * Plays one cycle of Microsoft Entra's provisioning service against a SCIM 2.0 edge and compares the edge with what was sent. Failures and
 * differences are in the report; it throws only RangeError (an impossible history) and the signal's reason.
 */
export async function simulate(simulation: Simulation): Promise<Report> {
  const run = newRun(simulation);
  const { cycle, dialect, seed, tally } = run;
  try {
    const outcome = await runCycle(run);
    return {
      cycle,
      dialect,
      seed,
      ...outcome,
      requests: tally.requests(),
      requestsPerSecond: outcome.durationMs > 0 ? tally.requests() / (outcome.durationMs / 1000) : 0,
      retries: tally.retries,
      latency: tally.latency(),
      failures: tally.failures,
      ok: tally.failures.length === 0 && outcome.differences.length === 0,
    };
  } finally {
    run.client.close();
    run.verifier.close();
  }
}
