import type { KafkaConfig } from 'kafkajs';

const shape =
  /^kafka(\+ssl)?:\/\/(?:([^\s@/:]+):([^\s@/]+)@)?([^\s@/?#,]+:\d+(?:,[^\s@/?#,]+:\d+)*)\/?(?:\?sasl=(plain|scram-sha-256|scram-sha-512))?$/;

/**
 * How the brokers of a URL are reached. `kafka://HOST:PORT,HOST:PORT…` is plain; `kafka+ssl:` is TLS, and `USER:PASSWORD@` before the hosts signs
 * in by SASL, SCRAM-SHA-512 where `?sasl=` names nothing else. A password goes through TLS only. Throws without the URL: it may hold one.
 */
export function kafkaAccess(url: string): { brokers: string[] } & Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const [matched, ssl, username, password, hosts = '', mechanism = 'scram-sha-512'] = shape.exec(url) ?? [];
  if (matched === undefined || (!ssl && (username !== undefined || url.includes('?'))))
    throw new Error('a Kafka URL reads kafka://HOST:PORT,HOST:PORT or kafka+ssl://USER:PASSWORD@HOST:PORT,HOST:PORT?sasl=plain');
  const access = { brokers: hosts.split(','), ssl: ssl !== undefined };
  if (username === undefined || password === undefined) return access;
  const user = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return { ...access, sasl: { mechanism: mechanism as 'plain', ...user } };
}
