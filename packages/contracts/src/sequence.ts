/**
 * Order is the pair of epoch and number, written as one number: epoch × 10¹² + number. Within an epoch a tenant's events of a source are
 * counted without gaps. An epoch begins where history was broken off (a replica was promoted, a backup restored): what was numbered in the
 * one before may be lost, and whatever comes later is greater than all of it, wherever it is compared.
 */
const perEpoch = 1_000_000_000_000;

export const epochOf = (sequence: number): number => Math.floor(sequence / perEpoch);

/** What an epoch's numbers are counted from. */
export const startOf = (epoch: number): number => epoch * perEpoch;

/**
 * Whether nothing is missing between the two. A tenant of whom nothing was ever heard (0) may have been founded in a later epoch; if it was
 * not, its snapshot stands right behind.
 */
export const followsOn = (sequence: number, last: number): boolean =>
  sequence === last + 1 || (last === 0 && sequence === startOf(epochOf(sequence)) + 1);
