/** What a rule's refusal means, and what to do about it. The first words of the reason decide. */
const remedies: readonly { says: RegExp; cause: string; next: string }[] = [
  {
    says: /^the role of an/,
    cause: 'The automation never gives an owner a lower role.',
    next: 'If this person should not be an owner any more, change the role on the Team page.',
  },
  {
    says: /^another profile has this e-mail/,
    cause: 'Two people cannot have one e-mail address.',
    next: 'Correct the address in Entra, or on the profile that has it now.',
  },
  {
    says: /^the profile was there before SCIM/,
    cause: 'A profile from before SCIM may move only to an address in the domains of the provider.',
    next: 'Add the domain to the provider, then change the user in Entra once more.',
  },
];

export function remedyFor(reason: string): { cause: string; next: string } {
  return (
    remedies.find(({ says }) => says.test(reason)) ?? {
      cause: reason,
      next: 'Correct the user in Entra; the next provisioning cycle sends it again.',
    }
  );
}
