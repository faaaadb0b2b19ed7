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
    next: 'Add the domain to the provider, on the SSO page under Edit > General; then it is tried again by itself.',
  },
  {
    says: /^a profile has this e-mail address, and it is outside/,
    cause: 'Somebody has this address already, and SCIM takes over profiles in the domains of the provider only.',
    next: 'If it is the same person, add the domain to the provider, on the SSO page under Edit > General; then it is tried again by itself.',
  },
  {
    says: /^another user is linked to the profile with this/,
    cause: 'Another user of Entra has the profile with this name or address.',
    next: 'Correct the one or the other user in Entra, or delete the one that was left behind; then it is tried again by itself.',
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

/** What to do about a write that the edge refused, by the scimType or else the status of the answer. */
const answers: Record<string, string> = {
  uniqueness: 'Two objects in Entra have this name: correct one of them, or delete the one that was left behind.',
  invalidValue: 'Correct the value in Entra, or the attribute mapping that makes it.',
  403: 'Entra sends it again by itself once this is set right.',
  404: 'It is gone here and Entra does not know: restart provisioning in Entra, and it is made anew.',
  412: 'Somebody else changed it meanwhile. Nothing is to be done: the next cycle sends it again.',
  413: 'Send less in one request.',
};

export const remedyForAnswer = ({ status, scimType }: { status: number; scimType?: string | undefined }): string =>
  answers[scimType ?? ''] ?? answers[status] ?? 'Look at the attribute mapping in Entra, or at what else sends requests with this key.';
