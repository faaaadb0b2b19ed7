import { Button, CopyButton, Group, TextInput, VisuallyHidden } from '@mantine/core';

/** A value to be taken elsewhere. */
export function CopyField({ label, value }: { label: string; value: string }) {
  return (
    <CopyButton value={value} timeout={4000}>
      {({ copied, copy }) => (
        <Group align="flex-end" gap="xs" wrap="nowrap">
          <TextInput
            label={label}
            value={value}
            readOnly
            flex={1}
            onFocus={(event) => event.currentTarget.select()}
            styles={{ input: { fontFamily: 'monospace' } }}
          />
          <Button variant="default" onClick={copy}>
            {copied ? 'Copied' : 'Copy'}
            <VisuallyHidden> {label}</VisuallyHidden>
          </Button>
          <VisuallyHidden aria-live="polite">{copied ? `${label}: copied` : ''}</VisuallyHidden>
        </Group>
      )}
    </CopyButton>
  );
}
