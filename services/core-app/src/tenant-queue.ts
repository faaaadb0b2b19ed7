interface Job {
  urgent: boolean;
  /** True: done; false: there is more of it. */
  step(): Promise<boolean>;
}

/** The work on one tenant's profiles, one step at a time; what is about access goes before everything else that waits. */
export function tenantQueue() {
  const urgent: Job[] = [];
  const ordinary: Job[] = [];
  let running: Promise<void> | undefined;

  async function work(): Promise<void> {
    for (let job = urgent[0] ?? ordinary[0]; job; job = urgent[0] ?? ordinary[0]) {
      if (!(await job.step())) continue;
      const from = job.urgent ? urgent : ordinary;
      from.splice(from.indexOf(job), 1);
    }
    running = undefined;
  }

  return {
    idle: () => running === undefined,
    settled: () => running ?? Promise.resolve(),
    /** Runs the steps in order; resolves with their results, or rejects with the first error, which ends the job. */
    add<T>(steps: readonly (() => Promise<T>)[], isUrgent: boolean): Promise<T[]> {
      return new Promise((resolve, reject) => {
        const results: T[] = [];
        const step = async (): Promise<boolean> => {
          try {
            if (results.length < steps.length) results.push(await steps[results.length]!());
            if (results.length < steps.length) return false;
            resolve(results);
          } catch (error) {
            reject(error);
          }
          return true;
        };
        (isUrgent ? urgent : ordinary).push({ urgent: isUrgent, step });
        running ??= work();
      });
    },
  };
}
export type TenantQueue = ReturnType<typeof tenantQueue>;
