import { Stack } from '@mantine/core';
import type { ReactNode } from 'react';

/** What support may ask for: ids and values as the machine has them. Folded. */
export const Details = ({ children }: { children: ReactNode }) => (
  <details>
    <summary>Details</summary>
    <Stack gap={6} mt={6}>
      {children}
    </Stack>
  </details>
);
