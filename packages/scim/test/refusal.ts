import { ScimError } from '../src/scim-error.ts';

/** What an act is refused with; nothing where it is not. Anything but a ScimError is thrown on. */
export function refusal(act: () => unknown): { status?: number; scimType?: string | undefined } {
  try {
    act();
    return {};
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    return { status: error.status, scimType: error.scimType };
  }
}
