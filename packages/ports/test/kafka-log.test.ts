import { kafkaLog } from '@claras/ports/bus/kafka-log';
import kafkajs from 'kafkajs';
import t from 'tap';

t.test('what kafkajs says of one fault again and again is told once in 10 s, with how often it was said before', async (t) => {
  const lines: [level: string, detail: object, message: string][] = [];
  const log = {
    info: (detail: object, message: string) => void lines.push(['info', detail, message]),
    warn: (detail: object, message: string) => void lines.push(['warn', detail, message]),
    error: (detail: object, message: string) => void lines.push(['error', detail, message]),
  };
  let now = 1000;
  const say = kafkaLog(log, () => now);
  const entry = (error: string, groupId?: string) => ({
    ...{ namespace: 'Connection', level: kafkajs.logLevel.ERROR, label: 'ERROR' },
    log: { timestamp: '', message: 'Response Fetch(key: 1, version: 11)', broker: 'b:1', error, ...(groupId ? { groupId } : {}) },
  });
  for (let n = 0; n < 500; n++) say(entry('not the leader'));
  say(entry('not the leader', 'archiver'));
  say(entry('timed out'));
  now += 10_000;
  say(entry('not the leader'));
  say({ ...entry('x'), level: kafkajs.logLevel.WARN });
  t.match(lines, [
    ['warn', { broker: 'b:1', error: 'not the leader' }, 'kafkajs: Response Fetch(key: 1, version: 11)'],
    ['warn', { groupId: 'archiver' }, String],
    ['warn', { error: 'timed out' }, String],
    ['warn', { error: 'not the leader', before: 499 }, String],
    ['info', { error: 'x' }, String],
  ]);
  t.equal(lines.length, 5);
});
