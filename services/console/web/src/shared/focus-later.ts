/** Gives the focus back to what opened a dialog, once that has gone: the menu in between is gone as well. */
export const focusLater = (id: string): void =>
  void setTimeout(() => document.querySelector<HTMLElement>(`[data-opener="${CSS.escape(id)}"]`)?.focus(), 50);
