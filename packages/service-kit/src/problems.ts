import type { Check } from '@claras/contracts/health';
import type { Health } from './health.ts';

interface Problem {
  detail: string;
  needsSomebody: boolean;
}

/** What is wrong with one part of a process, cause by cause; healthy while there is nothing. Details name no person and no tenant. */
export function createProblems(health: Health, name: string) {
  const causes = new Map<string, Problem>();
  let noted: string | undefined;
  const tell = (): void => {
    const problems = [...causes.values()];
    const details = [...(noted === undefined ? [] : [noted]), ...new Set(problems.map(({ detail }) => detail))];
    const check: Check = { ok: problems.every(({ needsSomebody }) => needsSomebody) };
    if (problems.some(({ needsSomebody }) => needsSomebody)) check.needsSomebody = true;
    if (details.length > 0) check.detail = details.join('; ');
    health.set(name, check);
  };
  tell();
  return {
    /** What is waited for; it goes on by itself. */
    set(cause: string, detail: string): void {
      causes.set(cause, { detail, needsSomebody: false });
      tell();
    },
    /** What stands until somebody decides or mends. */
    needSomebody(cause: string, detail: string): void {
      causes.set(cause, { detail, needsSomebody: true });
      tell();
    },
    clear(cause: string): void {
      if (causes.delete(cause)) tell();
    },
    /** What is to be known and is no problem. */
    note(detail: string | undefined): void {
      noted = detail;
      tell();
    },
  };
}
export type Problems = ReturnType<typeof createProblems>;
