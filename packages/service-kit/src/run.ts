import { systemRuntime } from '@claras/ports/system-runtime';
import { ConfigError } from './config.ts';
import { createLog } from './log.ts';

/** What `start` gives back: the way to stop it. */
export interface Running {
  close(): Promise<void>;
}

const patience = 10_000;

/**
 * Runs a process: starts it, and stops it once on SIGTERM or SIGINT, within 10 seconds (a second signal ends it at once). What nobody
 * caught is logged and ends the process with 1: its supervisor starts it again, and nothing durable depends on it going on.
 */
export async function run(name: string, start: () => Promise<Running>): Promise<void> {
  const log = createLog(name, { logLevel: 'info' });
  const die = (error: unknown, message: string): never => {
    log.fatal({ err: error }, message);
    process.exit(1);
  };
  process.on('uncaughtException', (error) => die(error, 'nobody caught this; ending'));
  process.on('unhandledRejection', (reason) => die(reason, 'nobody caught this rejection; ending'));

  const running = await start().catch((error: unknown) => {
    if (!(error instanceof ConfigError)) return die(error, 'cannot start');
    process.stderr.write(`${name} cannot start:\n${error.message.replace(/^/gm, '  ')}\n`);
    process.exit(1);
  });
  log.info({}, 'started');

  const stop = async (signal: string): Promise<void> => {
    log.info({ signal }, 'stopping');
    const late = systemRuntime.sleep(patience).then(() => die(undefined, `not stopped within ${patience / 1000} s; ending`));
    await Promise.race([running.close(), late]).catch((error) => die(error, 'could not stop cleanly'));
    log.info({}, 'stopped');
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
