import type { DeadLetterDetail, DeadLetterPage, DeadLetterReplay, DeadLettersDecided } from '@claras/contracts/console-api';
import type { Command } from '../command.ts';
import { UsageError } from '../refusal.ts';
import { table } from '../table.ts';

const consumerOption = { consumer: { placeholder: 'C', help: 'only those of this consumer' } };
const verdicts = ({ items }: DeadLettersDecided): string =>
  items.length === 0
    ? 'nothing is parked'
    : table(
        ['id', 'verdict', 'reason'],
        items.map(({ reason = '', ...item }) => ({ ...item, reason })),
      );

export const deadLettersList: Command = {
  name: 'dead-letters list',
  options: { ...consumerOption, state: { placeholder: 'S', help: 'parked (default), replaying, replayed or dropped' } },
  help: 'List records that a consumer could not read.',
  async run({ api, value, print }) {
    const query = { state: value('state') ?? 'parked', ...(value('consumer') ? { consumer: value('consumer') as string } : {}) };
    const page = await api.get<DeadLetterPage>(['dead-letters'], query);
    const rows = page.items.map(({ id, type, key, parked, attempts, reason }) => ({
      id,
      type,
      key,
      parked,
      attempts: String(attempts),
      reason,
    }));
    print(
      page,
      () => `${page.total} ${query.state}\n${rows.length > 0 ? table(['id', 'type', 'key', 'parked', 'attempts', 'reason'], rows) : ''}`,
    );
  },
};

export const deadLettersShow: Command = {
  name: 'dead-letters show',
  arguments: ['ID'],
  help: 'Show one of them with its headers and what a replay would do.',
  async run({ api, positionals: [id = ''], print }) {
    const letter = await api.get<DeadLetterDetail>(['dead-letters', id]);
    print(letter, () => JSON.stringify(letter, null, 2));
  },
};

export const deadLettersReplay: Command = {
  name: 'dead-letters replay',
  arguments: ['[ID]'],
  options: {
    ...consumerOption,
    'dry-run': { help: 'say what would happen: applies, superseded (changes nothing) or fails' },
    rate: { placeholder: 'N', help: 'records a second (default 50)' },
  },
  help: 'Have one, or all that are parked, tried again by their consumers.',
  async run({ api, positionals: [id], value, has, print, tell }) {
    const rate = value('rate') === undefined ? undefined : Number(value('rate'));
    if (rate !== undefined && !(Number.isInteger(rate) && rate >= 1 && rate <= 1000))
      throw new UsageError('--rate is a number from 1 to 1000');
    const wanted: DeadLetterReplay = {
      dryRun: has('dry-run'),
      ...(id === undefined ? {} : { ids: [id] }),
      ...(value('consumer') ? { consumer: value('consumer') as string } : {}),
      ...(rate === undefined ? {} : { rate }),
    };
    const decided = await api.post<DeadLettersDecided>(['dead-letters', 'replay'], wanted);
    print(decided, () => verdicts(decided));
    if (!wanted.dryRun && decided.items.length > 0)
      tell('They are tried again; claras-scim dead-letters list --state replayed shows what came of it.');
  },
};

export const deadLettersDrop: Command = {
  name: 'dead-letters drop',
  arguments: ['ID'],
  help: 'Decide that one is not needed. It stays to be looked at, and is never replayed.',
  async run({ api, positionals: [id = ''], print }) {
    const decided = await api.post<DeadLettersDecided>(['dead-letters', 'drop'], { ids: [id] });
    print(decided, () => (decided.items.length > 0 ? `dropped ${id}` : 'it was not parked; nothing was done'));
  },
};
