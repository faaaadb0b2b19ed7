const find = (id: string) => document.querySelector<HTMLElement>(`[data-opener="${CSS.escape(id)}"]`);

/** Gives the focus back to what opened a dialog, once that has gone: the menu in between is gone as well. `or`: where what opened it is gone, too. */
export const focusLater = (id: string, or = id): void => void setTimeout(() => (find(id) ?? find(or))?.focus(), 50);
