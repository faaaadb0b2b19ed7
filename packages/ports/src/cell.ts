/**
 * murmur2 as Kafka's own clients compute it (org.apache.kafka.common.utils.Utils.murmur2), so that a record written by any of them would
 * stand in the same partition.
 */
export function murmur2(key: string): number {
  const data = Buffer.from(key);
  const tail = data.length & ~3;
  let hash = 0x9747b28c ^ data.length;
  for (let i = 0; i < tail; i += 4) {
    let word = Math.imul(data.readInt32LE(i), 0x5bd1e995);
    word ^= word >>> 24;
    hash = Math.imul(hash, 0x5bd1e995) ^ Math.imul(word, 0x5bd1e995);
  }
  if (tail < data.length) hash = Math.imul(hash ^ data.readUIntLE(tail, data.length - tail), 0x5bd1e995);
  hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995);
  return hash ^ (hash >>> 15);
}

/** The cell of a tenant, which is the partition of its events (DECISIONS 8): murmur2, made positive, mod `cells`. */
export const cellOf = (tenant: string, cells: number): number => (murmur2(tenant) & 0x7fffffff) % cells;
