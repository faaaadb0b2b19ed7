import { systemRuntime } from '@claras/ports/system-runtime';
import { ConfigError, readConfig } from './config.ts';
import { createHealth, type Health } from './health.ts';
import { createLog } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { type ConfigOf, neededSettings, type ProcessName } from './needed-settings.ts';

/** What `start` gives back: the way to stop it. */
export interface Running {
  close(): Promise<void>;
}

/** What every process has. */
export interface ProcessParts<Name extends ProcessName = 'claras'> {
  config: ConfigOf<Name>;
  log: ReturnType<typeof createLog>;
  metrics: Metrics;
  health: Health;
}

const patience = 10_000;

/**
 * Runs a process: starts it, and stops it once on SIGTERM or SIGINT, within 10 seconds (a second signal ends it at once). A wrong environment
 * is said in plain lines. What nobody caught is logged and ends the process with 1: its supervisor starts it again, and nothing durable depends
 * on it going on.
 */
export async function run<Name extends ProcessName>(
  env: Record<string, string | undefined>,
  name: Name,
  start: (parts: ProcessParts<Name>) => Promise<Running>,
): Promise<void> {
  const config = configOrExit(env, name);
  const log = createLog(name, config);
  const die = (error: unknown, message: string): never => {
    log.fatal({ err: error }, message);
    process.exit(1);
  };
  process.on('uncaughtException', (error) => die(error, 'nobody caught this; ending'));
  process.on('unhandledRejection', (reason) => die(reason, 'nobody caught this rejection; ending'));

  const parts = { config, log, metrics: createMetrics(name), health: createHealth() };
  const running = await start(parts).catch((error: unknown) => die(error, 'cannot start'));
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

function configOrExit<Name extends ProcessName>(env: Record<string, string | undefined>, name: Name): ConfigOf<Name> {
  try {
    return readConfig(env, neededSettings[name]) as ConfigOf<Name>;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name} cannot start:\n${error.message.replace(/^/gm, '  ')}\n`);
    return process.exit(1);
  }
}
