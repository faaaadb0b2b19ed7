import type { Health } from './health.ts';

/** What is wrong with one part of a process, cause by cause; healthy while there is nothing. Details name no person and no tenant. */
export function createProblems(health: Health, name: string) {
  const causes = new Map<string, string>();
  const tell = (): void => health.set(name, causes.size === 0, [...new Set(causes.values())].join('; ') || undefined);
  tell();
  return {
    set(cause: string, detail: string): void {
      causes.set(cause, detail);
      tell();
    },
    clear(cause: string): void {
      if (causes.delete(cause)) tell();
    },
  };
}
export type Problems = ReturnType<typeof createProblems>;
