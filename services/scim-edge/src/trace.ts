import type { Origin } from '@claras/directory/resources';
import type { Runtime } from '@claras/ports/runtime';
import type { FastifyRequest } from 'fastify';

const shape = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Who asked, for the trail that an event leaves: the method, the path without its query (a filter may name people), and the trace. */
export const originOf = (request: FastifyRequest, runtime: Runtime, prefix: string): Origin => ({
  traceparent: traceparentOf(request, runtime),
  request: `${request.method} ${(request.url.split('?', 1)[0] as string).slice(prefix.length, prefix.length + 200)}`,
});

/** The W3C traceparent under which a write's event travels: the caller's, or a new one. */
function traceparentOf(request: FastifyRequest, runtime: Runtime): string {
  const given = request.headers.traceparent;
  if (typeof given === 'string' && shape.test(given)) return given;
  const trace = runtime.id().replaceAll('-', '');
  return `00-${trace}-${trace.slice(16)}-01`;
}
