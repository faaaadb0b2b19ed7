import { TagsInput } from '@mantine/core';

const domain = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i;
/** Of an address or a link, as it may have been pasted: what stands behind the @ or the scheme. */
const domainIn = (text: string): string =>
  text
    .trim()
    .replace(/^.*@|^https?:\/\/(www\.)?/i, '')
    .replace(/\/.*$/, '');

export const areDomains = (domains: readonly string[]): boolean => domains.every((one) => domain.test(one));

/** Domains of e-mail addresses. */
export function DomainsField({
  description,
  domains,
  onChange,
  disabled = false,
}: {
  description: string;
  domains: string[];
  onChange: (domains: string[]) => void;
  disabled?: boolean;
}) {
  const wrong = domains.filter((one) => !domain.test(one));
  return (
    <TagsInput
      label="Domains"
      description={description}
      value={domains}
      onChange={(values) => onChange([...new Set(values.map(domainIn))])}
      error={wrong.length > 0 && `No domain: ${wrong.join(', ')}. Write it as hill.example.`}
      disabled={disabled}
      acceptValueOnBlur
    />
  );
}
