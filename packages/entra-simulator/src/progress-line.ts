import type { Progress } from './simulate.ts';

interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
}

/** On a terminal one line that is written over, elsewhere a line every few seconds. */
const onTerminal = 200;
const elsewhere = 3000;

export function progressLine(screen: Screen): { show(progress: Progress): void; end(): void } {
  const start = performance.now();
  let shown = screen.isTTY ? 0 : start;
  let written = false;
  return {
    show({ phase, done, total, requests, retries, failures }) {
      const now = performance.now();
      if (now - shown < (screen.isTTY ? onTerminal : elsewhere)) return;
      shown = now;
      written = true;
      const rate = Math.round(requests / ((now - start) / 1000));
      const line = `${phase}: ${done}/${total}, ${requests} requests, ${rate}/s, ${retries} retries, ${failures} failures`;
      screen.write(screen.isTTY ? `\r\x1b[2K${line}` : `${line}\n`);
    },
    end() {
      if (written && screen.isTTY) screen.write('\n');
    },
  };
}
