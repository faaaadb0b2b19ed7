import { TextInput } from '@mantine/core';

/** The name of something new: where its dialog begins. */
export function NameField({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  return (
    <TextInput
      label="Name"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      required
      maxLength={200}
      data-autofocus
    />
  );
}
