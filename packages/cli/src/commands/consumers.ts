import type { ConsumerState, LagReport } from '@claras/contracts/console-api';
import type { Command } from '../command.ts';
import { table } from '../table.ts';
import { age } from './operations.ts';

const stateOf = ({ paused }: Pick<ConsumerState, 'paused'>): string => (paused ? `paused by ${paused.by} since ${paused.since}` : 'runs');

export const consumers: Command = {
  name: 'consumers',
  help: 'List the consumers: what waits for each, whether it is paused, and who paused or resumed it last.',
  async run({ api, print }) {
    const { items } = await api.get<{ items: ConsumerState[] }>(['consumers']);
    const { groups } = await api.get<LagReport>(['lag']);
    const rows = items.map((consumer) => {
      const { messages = 0, seconds = null } = groups.find(({ group }) => group === consumer.consumer) ?? {};
      const [last] = consumer.deeds;
      return {
        consumer: consumer.consumer,
        messages,
        seconds: age(seconds),
        state: stateOf(consumer),
        last: last ? `${last.did} by ${last.by} at ${last.at}` : '',
      };
    });
    print({ items }, () => table(['consumer', 'messages', 'seconds', 'state', 'last'], rows));
  },
};

const decision = (verb: 'pause' | 'resume', help: string): Command => ({
  name: `consumers ${verb}`,
  arguments: ['NAME'],
  help,
  async run({ api, positionals: [name = ''], print }) {
    const consumer = await api.post<ConsumerState>(['consumers', name, verb], {});
    print(consumer, () => `${name} ${stateOf(consumer)}`);
  },
});

export const consumersPause = decision(
  'pause',
  'Let a consumer finish what it has begun and take nothing more, in all its processes, until it is resumed.',
);
export const consumersResume = decision('resume', 'Let it go on where it was.');
