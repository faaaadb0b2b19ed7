import { TextInput } from '@mantine/core';

/** Whether a name was typed as it is, capital letters and blanks around it apart. */
export const isTyped = (typed: string, name: string): boolean => typed.trim().toLowerCase() === name.trim().toLowerCase();

/** Asks for a name, so that nobody does by mistake what can't be undone. `to`: what happens then. */
export function TypedName({ name, to, typed, onChange }: { name: string; to: string; typed: string; onChange: (typed: string) => void }) {
  return (
    <TextInput
      label={`Type ${name} to ${to}`}
      value={typed}
      onChange={(event) => onChange(event.currentTarget.value)}
      autoComplete="off"
      data-autofocus
    />
  );
}
