import { Text } from '@mantine/core';

const steps = [
  [60, 'second', 1],
  [3600, 'minute', 60],
  [86_400, 'hour', 3600],
  [2_592_000, 'day', 86_400],
  [31_536_000, 'month', 2_592_000],
] as const;
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
/** As the reader's browser writes dates. */
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

/** Of what was before yesterday people ask for the date. */
const longAgo = -2 * 86_400;

export function ago(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (seconds < longAgo) return date.format(Date.parse(time));
  const [, unit, size] = steps.find(([below]) => Math.abs(seconds) < below) ?? [0, 'year', 31_536_000];
  return words.format(Math.trunc(seconds / size), unit as Intl.RelativeTimeFormatUnit);
}

/** A time as people say it; the exact one stands behind it. */
export function Ago({ time }: { time: string }) {
  return (
    <Text span inherit component="time" dateTime={time} title={exact.format(Date.parse(time))}>
      {ago(time)}
    </Text>
  );
}
