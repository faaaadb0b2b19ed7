import type { FastifyInstance } from 'fastify';

/** Once the server closes, an answer is the last on its connection: kept alive, that would keep the process until its client goes. */
export function endConnections(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done();
  });
}
