import { kafkaAccess } from '@claras/ports/bus/kafka-url';
import t from 'tap';

t.test('a URL says the brokers, whether TLS, and how to sign in', async (t) => {
  t.strictSame(kafkaAccess('kafka://a:9092,b:9093'), { brokers: ['a:9092', 'b:9093'], ssl: false });
  t.strictSame(kafkaAccess('kafka+ssl://a:9094'), { brokers: ['a:9094'], ssl: true });
  t.strictSame(kafkaAccess('kafka+ssl://claras:p%40ss%3A@a:9094,b:9094'), {
    brokers: ['a:9094', 'b:9094'],
    ssl: true,
    sasl: { mechanism: 'scram-sha-512', username: 'claras', password: 'p@ss:' },
  });
  t.match(kafkaAccess('kafka+ssl://key:secret@a:9092?sasl=plain'), { sasl: { mechanism: 'plain', username: 'key', password: 'secret' } });
});

t.test('a URL that is none is refused, a password without TLS too, and never shown', async (t) => {
  for (const wrong of [
    ...['kafka://a', 'redis://a:1', 'kafka://a:1,', 'kafka://claras:canary@a:1', 'kafka://a:1?sasl=plain'],
    ...['kafka+ssl://canary@a:1', 'kafka+ssl://u:canary@a:1?sasl=gssapi', 'kafka+ssl://u:canary@a:1/x'],
  ]) {
    t.throws(() => kafkaAccess(wrong), /a Kafka URL reads/, wrong);
    t.throws(() => kafkaAccess(wrong), /^(?!.*canary)/);
  }
});
