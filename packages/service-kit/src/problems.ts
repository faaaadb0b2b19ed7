import type { Health } from './health.ts';

/** What is wrong with one part of a process, cause by cause; healthy while there is nothing. Details name no person and no tenant. */
export function createProblems(health: Health, name: string) {
  const causes = new Map<string, string>();
  let noted: string | undefined;
  const tell = (): void => {
    const details = [...(noted === undefined ? [] : [noted]), ...new Set(causes.values())];
    health.set(name, causes.size === 0, details.join('; ') || undefined);
  };
  tell();
  return {
    set(cause: string, detail: string): void {
      causes.set(cause, detail);
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
