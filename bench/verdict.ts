const over: string[] = [];

/** 'ok' or 'OVER', which {@link sayWhatIsOver} says again at the end. */
export function verdict(what: string, isWithin: boolean): 'ok' | 'OVER' {
  if (!isWithin) over.push(what);
  return isWithin ? 'ok' : 'OVER';
}

export function sayWhatIsOver(): void {
  const line = '!'.repeat(80);
  if (over.length > 0) console.log(`\n${line}\nOVER its limit: ${over.join('; ')}\n${line}`);
}
