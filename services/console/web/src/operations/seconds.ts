export const seconds = (value: number | null): string => (value === null ? 'unknown' : `${value.toFixed(1)} s`);
