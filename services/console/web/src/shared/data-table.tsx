import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { Wide } from './wide.tsx';

/** A table of a few rows. `columns`: their headings; `children`: the rows. */
export function DataTable({
  label,
  minWidth,
  columns,
  children,
}: {
  label: string;
  minWidth: number;
  columns: readonly string[];
  children: ReactNode;
}) {
  return (
    <Wide label={label} minWidth={minWidth}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Wide>
  );
}
