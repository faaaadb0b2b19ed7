import { createRequire } from 'node:module';

interface Connection {
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  isConnected(): boolean;
  connect(): Promise<true>;
}

const sizeOfSize = 4;

/**
 * kafkajs 2.2.4 keeps the part of an answer that it has when a connection breaks, and takes what the next connection brings for the rest of
 * it: from then on no answer is understood, and each request waits until it is given up, 15 s. With this a new connection begins with nothing.
 */
export function freshConnections(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/connection') as { prototype: Connection };
  const { connect } = prototype;
  if (connect.name === 'connectAfresh') return;
  prototype.connect = function connectAfresh(this: Connection): Promise<true> {
    if (!this.isConnected()) Object.assign(this, { chunks: [], bytesBuffered: 0, bytesNeeded: sizeOfSize });
    return connect.call(this);
  };
}
