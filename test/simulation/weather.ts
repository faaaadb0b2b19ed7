import type { WorldClock } from './world-clock.ts';

/** What can fail as a whole. */
export const links = ['store', 'bus', 'core', 'billing'] as const;
export type Link = (typeof links)[number];

/** What happens to one call: it never arrives, its answer is lost, it arrives twice, or the caller dies before or behind it. */
export type Mishap = 'lost' | 'unanswered' | 'doubled' | 'crash before' | 'crash behind';

/** How bad a simulation is, by its seed: many are bad in one way only, so that no fault hides another. */
export interface Weather {
  mishap(): Mishap | undefined;
  /** Milliseconds that a message takes. */
  delay(): number;
  down(link: Link): boolean;
  /** True now and then, while the storm lasts: for faults of their own kind. */
  strikes(chance: number): boolean;
  /** Clocks of processes differ by this much, in milliseconds. */
  skew(): number;
  /** Outages come and go until the storm is over; then there are no faults any more. */
  storm(ms: number): Promise<void>;
  calm(): boolean;
}

export function weatherOf(clock: WorldClock): Weather {
  const severity = () => clock.pick([0, 0, 0.003, 0.01, 0.03]);
  const rates: [Mishap, number][] = [
    ['lost', severity()],
    ['unanswered', severity()],
    ['doubled', severity()],
    ['crash before', severity() / 4],
    ['crash behind', severity() / 4],
  ];
  const slowest = clock.pick([2, 20, 200]);
  const tail = clock.pick([0, 0, 0.01]);
  const skewed = clock.pick([0, 0, 3000]);
  const outages = clock.pick([0, 0, 1, 3]);
  const out = new Set<Link>();
  let over = false;

  async function outage(within: number): Promise<void> {
    await clock.sleep(clock.below(within));
    const link = clock.pick(links);
    clock.tell(`outage of ${link}`);
    out.add(link);
    await clock.sleep(clock.below(12_000));
    out.delete(link);
    clock.tell(`${link} is back`);
  }

  return {
    mishap() {
      if (over) return undefined;
      let dice = clock.random();
      for (const [mishap, rate] of rates) {
        if (dice < rate) return mishap;
        dice -= rate;
      }
      return undefined;
    },
    delay: () => (!over && clock.random() < tail ? clock.below(8000) : clock.random() * slowest),
    down: (link) => out.has(link),
    strikes: (chance) => !over && clock.random() < chance,
    skew: () => Math.round((clock.random() - 0.5) * 2 * skewed),
    async storm(ms) {
      await Promise.all([clock.sleep(ms), ...Array.from({ length: outages }, () => outage(ms))]);
      over = true;
      clock.tell('the storm is over');
    },
    calm: () => over,
  };
}
