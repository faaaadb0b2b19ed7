import { tooManyRequests } from '@claras/scim/scim-error';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Enter, Pass } from './admission.ts';
import type { Answer, authenticate } from './authenticate.ts';
import type { Caller } from './refused-writes.ts';
import type { Admitted } from './scim-resources.ts';
import { assertSingleHeaders } from './single-headers.ts';

declare module 'fastify' {
  interface FastifyRequest {
    admitted: Admitted;
    /** Whose key it is, of a request that is refused for what the key may not, or since there are too many. */
    caller?: Caller | undefined;
    pass?: Pass | undefined;
  }
}

/** Lanes beside those of the tenants, whose ids have no space in them. */
const keyLane = 'unknown keys';
export const tokenLane = 'access tokens';

/** `reason` of the metric. */
export function limitedFor(lane: string): string {
  if (lane === keyLane) return 'unknown-key';
  return lane === tokenLane ? 'token' : 'tenant';
}

const tooMany = () =>
  tooManyRequests('More requests came at once than can be answered in time. Nothing was done; send the request again later.');

/** One of both is called, or none where the client has left. */
export function takePlace(enter: Enter, lane: string, request: FastifyRequest, refuse: (error: Error) => void, goOn: () => void): void {
  enter(lane, (pass) => {
    if (!pass) return refuse(tooMany());
    if (request.raw.socket.destroyed) return pass.leave();
    request.pass = pass;
    goOn();
  });
}

export function leavePlace(request: FastifyRequest): void {
  request.pass?.leave();
  request.pass = undefined;
}

export type LetIn = (request: FastifyRequest, refuse: (error: Error) => void, goOn: () => void) => void;

/**
 * Each request is told whose it is or refused before its body is read, and has a place of its tenant from when all of it is here until it
 * is answered. To look a key up takes a place too: of the tenant that it had before, else of a lane that all unknown keys share, so that
 * whoever tries keys waits for who tries keys.
 */
export function admitRequests(
  app: FastifyInstance,
  { atHand, admit, lastCaller, enter }: ReturnType<typeof authenticate> & { enter: Enter },
): LetIn {
  const checkKey: LetIn = (request, refuse, goOn) => {
    function decide(answer: Answer): void {
      if ('refused' in answer) {
        request.caller = answer.caller;
        return refuse(answer.refused);
      }
      request.admitted = answer;
      goOn();
    }
    const answer = admit(request.headers.authorization ?? '');
    if (answer instanceof Promise) answer.then(decide, refuse);
    else decide(answer);
  };

  /** A key that ended while the request waited opens nothing any more. */
  const letIn: LetIn = (request, refuse, goOn) =>
    takePlace(enter, request.admitted.tenant, request, refuse, () => checkKey(request, refuse, goOn));

  app.decorateRequest('admitted');
  app.decorateRequest('caller');
  app.decorateRequest('pass');
  app.addHook('onRequest', (request, _reply, done) => {
    assertSingleHeaders(request);
    const { authorization = '' } = request.headers;
    const known = atHand(authorization);
    if (known && !('refused' in known)) {
      request.admitted = known;
      return done();
    }
    request.caller = lastCaller(authorization);
    takePlace(enter, request.caller?.tenant ?? keyLane, request, done, () =>
      checkKey(request, done, () => {
        leavePlace(request);
        done();
      }),
    );
  });
  // What came with a body was let in when that was whole.
  app.addHook('preValidation', (request, _reply, done) => (request.pass ? done() : letIn(request, done, done)));
  app.addHook('onSend', (request, _reply, _payload, done) => {
    leavePlace(request);
    done();
  });
  return letIn;
}
