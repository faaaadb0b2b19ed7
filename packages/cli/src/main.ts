#!/usr/bin/env node
import { clarasScim } from './claras-scim.ts';

// A reader that has seen enough, such as head, is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await clarasScim(process.argv.slice(2), process.env, process);
