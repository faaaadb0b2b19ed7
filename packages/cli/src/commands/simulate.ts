import type { Delegate } from '../command.ts';

/** Loaded when it is called: the other commands start without it. */
export const simulateEntra: Delegate = {
  name: 'simulate entra',
  help: 'Play Entra against a SCIM edge and check the edge afterwards; see simulate entra --help.',
  async delegate(argv, io) {
    const { simulateCommand } = await import('@claras/entra-simulator/command');
    return simulateCommand(argv, io);
  },
};
