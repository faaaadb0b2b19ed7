let turn: Promise<void> | undefined;

/**
 * Resolves when everything that this turn of the event loop brought was worked on: answers that wait for it leave together. A reader that
 * sleeps (a proxy, a client on the same machine) is then woken once for all of them, and each wake-up costs the sender more than the write
 * (docs/decisions/0021). Writes need it not: a group commit answers all that it wrote at once.
 */
export function endOfTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  });
  return turn;
}
