import Fastify from 'fastify';

/**
 * What a request costs when nothing is done for it: Fastify, a check of the bearer, the JSON body parsed, and the bytes that the edge
 * would answer. Told what to answer by PUT /answer.
 */
const [key] = process.argv.slice(2);
const app = Fastify();
const answer = { status: 200, headers: {} as Record<string, string>, body: '' };

app.addContentTypeParser('application/scim+json', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'));
app.put<{ Body: typeof answer }>('/answer', async (request, reply) => {
  Object.assign(answer, request.body);
  return reply.code(204).send();
});
app.register(
  async (scim) => {
    scim.addHook('onRequest', async (request, reply) => {
      if (request.headers.authorization !== `Bearer ${key}`) return reply.code(401).send();
    });
    for (const url of ['/Users', '/Users/:id', '/Groups', '/Groups/:id'])
      scim.route({
        method: ['GET', 'POST', 'PATCH'],
        url,
        handler: async (_, reply) => {
          reply.code(answer.status).headers(answer.headers);
          return reply.send(answer.body || undefined);
        },
      });
  },
  { prefix: '/api/scim/v2' },
);
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
process.on('SIGTERM', () => process.exit(0));
