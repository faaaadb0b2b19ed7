/** A padlock, for the eye alone: the text beside it says why. */
export const Lock = () => (
  <svg width="0.9em" height="0.9em" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden focusable="false">
    <rect x="2.5" y="7" width="11" height="7.5" rx="1.5" fill="currentColor" />
    <path d="M5 7V4.8a3 3 0 0 1 6 0V7" />
  </svg>
);
