import { Box, Table } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef } from 'react';

const rowHeight = 45;

/** A table of any length: only the rows in sight are in the page. `columns`: their headings. `row`: the cells of one. */
export function LongTable<T>({
  label,
  columns,
  items,
  keyOf,
  row,
}: {
  label: string;
  columns: readonly ReactNode[];
  items: readonly T[];
  keyOf: (item: T) => string | number;
  row: (item: T) => ReactNode;
}) {
  const frame = useRef<HTMLElement>(null);
  const rows = useVirtualizer({ count: items.length, getScrollElement: () => frame.current, estimateSize: () => rowHeight, overscan: 10 });
  const shown = rows.getVirtualItems();
  const before = shown[0]?.start ?? 0;
  const after = rows.getTotalSize() - (shown.at(-1)?.end ?? 0);
  return (
    <Box ref={frame} component="section" mah="70vh" style={{ overflow: 'auto' }} tabIndex={0} aria-label={label}>
      <Table stickyHeader highlightOnHover aria-rowcount={items.length + 1} miw={640}>
        <Table.Thead>
          <Table.Tr aria-rowindex={1}>
            {columns.map((column, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns neither move nor change
              <Table.Th key={n}>{column}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {before > 0 && (
            <tr aria-hidden>
              <td style={{ height: before }} />
            </tr>
          )}
          {shown.map(({ index }) => {
            const item = items[index] as T;
            return (
              <Table.Tr key={keyOf(item)} data-index={index} ref={rows.measureElement} aria-rowindex={index + 2}>
                {row(item)}
              </Table.Tr>
            );
          })}
          {after > 0 && (
            <tr aria-hidden>
              <td style={{ height: after }} />
            </tr>
          )}
        </Table.Tbody>
      </Table>
    </Box>
  );
}
