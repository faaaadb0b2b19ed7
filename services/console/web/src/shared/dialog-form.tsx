import { Button, Group, Modal, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { Trouble } from './trouble.tsx';

/** A dialog that asks for something. `submit`: what its button says. `danger`: it takes something away. */
export function DialogForm({
  title,
  submit,
  error,
  pending,
  disabled,
  danger,
  opened = true,
  onSubmit,
  onClose,
  children,
}: {
  title: string;
  submit: string;
  error?: Error | null | undefined;
  pending?: boolean;
  disabled?: boolean;
  danger?: boolean;
  opened?: boolean;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  function send(event: FormEvent) {
    event.preventDefault();
    onSubmit();
  }
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <form onSubmit={send}>
        <Stack>
          <Trouble error={error} />
          {children}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={pending ?? false} disabled={disabled ?? false} {...(danger ? { color: 'red' } : {})}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
