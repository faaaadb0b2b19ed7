type Cell = string | number;

/** What others named may hold control characters, which a terminal would obey. */
const shown = (cell: Cell): string => String(cell).replace(/\p{Cc}|\p{Cf}/gu, '�');

/** Rows in aligned columns under their names; numbers stand to the right. */
export function table<Row extends Record<string, Cell>>(columns: readonly (keyof Row & string)[], rows: readonly Row[]): string {
  const numeric = columns.map((column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const lines = [columns.map((column) => column.toUpperCase()), ...rows.map((row) => columns.map((column) => shown(row[column] ?? '')))];
  const widths = columns.map((_, n) => Math.max(...lines.map((line) => (line[n] as string).length)));
  const aligned = (text: string, n: number): string => (numeric[n] ? text.padStart(widths[n] as number) : text.padEnd(widths[n] as number));
  return lines.map((line) => line.map(aligned).join('  ').trimEnd()).join('\n');
}
