import type { LogPage, ProvisioningEntry } from '@claras/contracts/console-api';
import { ask, inTenant } from '../api.ts';
import { statusOf } from './entry.tsx';
import type { Names } from './names.ts';
import { provisioningSentence } from './provisioning-sentence.ts';
import type { LogSearch } from './search.ts';

const pageSize = 200;

/** Every entry that fits, newest first, page by page. */
async function* entries(tenant: string, search: LogSearch): AsyncGenerator<ProvisioningEntry[]> {
  for (let before: string | undefined; ; ) {
    const page = await ask<LogPage>('POST', inTenant(tenant, '/provisioning-log/.search'), { ...search, limit: pageSize, before });
    yield page.items;
    if (page.next === undefined) return;
    before = page.next;
  }
}

/** A cell of a spreadsheet: quoted (RFC 4180), and no formula, whatever it begins with. */
export function csvCell(value: unknown): string {
  const text = String(value ?? '');
  return `"${(/^[\s]*[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

const columns = ['time', 'id', 'what', 'type', 'name', 'request', 'status', 'changes', 'refused'] as const;
function csvLine(entry: ProvisioningEntry, names: Names): string {
  const { time, id, type, name, request, changes, refused } = entry;
  const what = provisioningSentence(entry, names);
  return [time, id, what, type, name, request, statusOf(entry), JSON.stringify(changes), refused?.detail].map(csvCell).join(',');
}

/** The log as a file, asked for page by page. `onProgress`: entries so far. */
export async function exportLog(
  tenant: string,
  search: LogSearch,
  format: 'csv' | 'ndjson',
  names: Names,
  onProgress: (done: number) => void,
): Promise<void> {
  const lines: string[] = format === 'csv' ? [columns.join(',')] : [];
  for await (const page of entries(tenant, search)) {
    lines.push(...page.map((entry) => (format === 'csv' ? csvLine(entry, names) : JSON.stringify(entry))));
    onProgress(lines.length);
  }
  const type = format === 'csv' ? 'text/csv' : 'application/x-ndjson';
  const url = URL.createObjectURL(new Blob([`${lines.join(format === 'csv' ? '\r\n' : '\n')}\n`], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `provisioning-log.${format}`;
  link.click();
  URL.revokeObjectURL(url);
}
