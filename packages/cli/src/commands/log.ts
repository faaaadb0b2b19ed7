import { setTimeout as sleep } from 'node:timers/promises';
import type { Erased, LogPage, ProvisioningEntry, RecheckProgress } from '@claras/contracts/console-api';
import { type Command, tenantOption } from '../command.ts';
import { table } from '../table.ts';

/** `title: "A" → "B"`; long values are cut. */
function changeText({ attribute, ...values }: ProvisioningEntry['changes'][number]): string {
  const text = (value: unknown): string => (value === undefined ? '-' : JSON.stringify(value).slice(0, 60));
  return `${attribute}: ${text(values.old)} → ${text(values.new)}`;
}

/** `409 uniqueness to key 5aB…: Another user has … and 240 more in that minute`. */
function refusalText({ status, scimType, detail, key, more }: NonNullable<ProvisioningEntry['refused']>): string {
  const answer = scimType === undefined ? status : `${status} ${scimType}`;
  return `refused: ${answer} to key ${key}: ${detail}${more === undefined ? '' : ` … and ${more} more in that minute`}`;
}

/** `left out: shoeSize, members … and 240 more requests in that minute`. */
const ignoredText = ({ ignored, more }: NonNullable<ProvisioningEntry['ignored']>): string =>
  `left out: ${ignored.join(', ')}${more === undefined ? '' : ` … and of ${more} more requests in that minute`}`;

function entryText(entry: ProvisioningEntry): string {
  const { id, time, type, subject, name, request, traceparent, changes, refused, ignored, consumers, results, resultsTotal } = entry;
  const waiting = consumers.filter(({ done }) => !done).map(({ consumer }) => consumer);
  const rows = results.map(({ consumer, user, facet, outcome, reason, at }) => ({
    at,
    consumer,
    facet,
    outcome: reason === undefined ? outcome : `${outcome}: ${reason}`,
    user,
  }));
  return [
    `${id}  ${time}  ${type}  ${name ?? subject}`,
    `    ${request ?? subject}${traceparent ? `  trace ${traceparent.split('-')[1]}` : ''}`,
    ...(refused ? [`    ${refusalText(refused)}`] : []),
    ...(ignored ? [`    ${ignoredText(ignored)}`] : []),
    ...changes.map((change) => `    ${changeText(change)}`),
    ...(rows.length > 0 ? [table(['at', 'consumer', 'facet', 'outcome', 'user'], rows).replace(/^/gm, '    ')] : []),
    ...(resultsTotal > results.length ? [`    and ${resultsTotal - results.length} more`] : []),
    ...(waiting.length > 0 ? [`    waiting for ${waiting.join(', ')}`] : []),
  ].join('\n');
}

export const logCommand: Command = {
  name: 'log',
  options: {
    ...tenantOption,
    user: { placeholder: 'U', help: 'only what is about this user: userName or SCIM id' },
    type: { placeholder: 'P', help: 'only types that begin so: user, group, group.members' },
    refused: { help: 'only what was refused' },
    before: { placeholder: 'ID', help: 'only entries before this one' },
    limit: { placeholder: 'N', help: 'how many, newest first (default 50, at most 200)' },
  },
  help: 'Show the provisioning log: each request, what it changed, and what every consumer did, with times.',
  async run({ api, value, has, print, tell }) {
    const query: Record<string, string> = has('refused') ? { refused: 'true' } : {};
    for (const name of ['user', 'type', 'before', 'limit']) {
      const given = value(name);
      if (given !== undefined) query[name] = given;
    }
    const page = await api.get<LogPage>(['tenants', value('tenant') as string, 'provisioning-log'], query);
    print(page, () => page.items.map(entryText).join('\n') || 'nothing yet');
    if (page.next !== undefined) tell(`Older: --before ${page.next}`);
  },
};

export const logErase: Command = {
  name: 'log erase',
  options: { ...tenantOption, user: { placeholder: 'U', required: true, help: 'SCIM id, or the last userName' } },
  help: 'Take the names and values of a person whom the directory no longer has out of the provisioning log, for good.',
  async run({ api, value, print }) {
    const erased = await api.post<Erased>(['tenants', value('tenant') as string, 'provisioning-log', '.erase'], { user: value('user') });
    print(erased, () => `the log says of ${erased.user} no longer who it was`);
  },
};

const progressText = ({ done, total, changed, finished, began, at }: RecheckProgress): string =>
  `${finished ? 'done' : 'running'}: ${done} of ${total} looked at, ${changed} changed, in ${((Date.parse(at) - Date.parse(began)) / 1000).toFixed(1)} s`;

export const recheckCommand: Command = {
  name: 'recheck',
  options: { ...tenantOption, watch: { help: 'go on until it is done' } },
  help: 'Show how far the re-check of everyone is, which follows a saved mapping.',
  async run({ api, value, has, print, tell }) {
    const ask = async () => (await api.get<{ recheck: RecheckProgress | null }>(['tenants', value('tenant') as string, 'recheck'])).recheck;
    let progress = await ask();
    for (; has('watch') && progress && !progress.finished; progress = await ask()) {
      tell(progressText(progress));
      await sleep(500);
    }
    print(progress, () => (progress ? progressText(progress) : 'no mapping was saved yet'));
  },
};
