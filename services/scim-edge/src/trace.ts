import type { Runtime } from '@claras/ports/runtime';
import type { FastifyRequest } from 'fastify';

const shape = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The W3C traceparent under which a write's event travels: the caller's, or a new one. */
export function traceparentOf(request: FastifyRequest, runtime: Runtime): string {
  const given = request.headers.traceparent;
  if (typeof given === 'string' && shape.test(given)) return given;
  const trace = runtime.id().replaceAll('-', '');
  return `00-${trace}-${runtime.id().replaceAll('-', '').slice(16)}-01`;
}
