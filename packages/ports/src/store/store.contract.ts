import type { Test } from 'tap';
import { placeOf, type StoreCase, type StoreUnderTest } from './store-case.contract.ts';
import { durabilityCases, epochCases, isolationCases, numberingCases, repetitionCases } from './store-changes.contract.ts';
import { conflictCases } from './store-conflicts.contract.ts';
import { documentCases } from './store-documents.contract.ts';
import { endCases } from './store-end.contract.ts';
import { indexCases } from './store-indexes.contract.ts';
import { outboxCases } from './store-outbox.contract.ts';
import { modelCase } from './store-property.contract.ts';

/** What every Store does, whatever it stands on. */
export function storeContract(t: Test, subject: StoreUnderTest): void {
  const { runtime, open, reopen, knowsChangesAgain = false } = subject;
  const check: StoreCase = (name, run) =>
    t.test(name, async (t) => {
      const place = placeOf(await open(), runtime);
      try {
        await run(t, place);
      } finally {
        await place.store.close();
      }
    });

  documentCases(check);
  conflictCases(check);
  indexCases(check);
  numberingCases(check);
  epochCases(check);
  repetitionCases(check, runtime);
  isolationCases(check);
  endCases(check);
  outboxCases(check, subject);
  modelCase(check, runtime);
  if (reopen) durabilityCases(check, runtime, reopen, knowsChangesAgain);
}
