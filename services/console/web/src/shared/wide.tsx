import { Box } from '@mantine/core';
import type { ReactNode } from 'react';

/** Something that is wider than a phone: it scrolls sideways by itself, by keyboard too. */
export function Wide({ label, minWidth, children }: { label: string; minWidth: number; children: ReactNode }) {
  return (
    <Box component="section" aria-label={label} tabIndex={0} style={{ overflowX: 'auto' }}>
      <Box miw={minWidth}>{children}</Box>
    </Box>
  );
}
