import type { Runtime } from '@claras/ports/runtime';
import { fairQueue } from './fair-queue.ts';

/**
 * Requests under way at once, of one lane and of all. One event loop works on all of them: more at once make its turns longer, and everybody
 * waits for a turn to end.
 */
export const mostOfLane = 32;
export const mostInside = 64;
/** A lane with fewer under way waits for no other, however many those have: what they have may take long. */
export const assured = 4;
/** Requests that wait in one lane: each holds its connection and what it sent. */
export const mostWaiting = 1000;
/** Milliseconds. To wait is better than to be refused, as long as no client gives up. */
export const longestWait = 5000;
const lookEvery = 250;
const sayEvery = 60_000;

/** One request that was let in. */
export interface Pass {
  /** It is answered; told again, nothing happens. */
  leave(): void;
}

interface Lane {
  name: string;
  inside: number;
  /** When it was last said that requests of it are refused. */
  said: number;
}

interface Waiting {
  since: number;
  go(pass?: Pass): void;
}

export interface AdmissionParts {
  runtime: Runtime;
  /** Told of each refusal; `isNews`: of the first of this lane in a minute. */
  refused?: (lane: string, isNews: boolean) => void;
}

/**
 * Lets requests in, a tenant being a lane: at once while there is room, else in turn. Who sends much waits for itself; it is refused, once
 * it has its places, where too many of it wait or one has waited too long.
 */
export function admission({ runtime, refused = () => {} }: AdmissionParts) {
  const lanes = new Map<string, Lane>();
  const waiting = fairQueue<Lane, Waiting>();
  let inside = 0;
  /** Of the event loop: who is let in keeps its place until this turn ends, however soon it is answered. */
  let turn = 0;
  let endIsNear = false;
  const answered: Lane[] = [];
  let isWatching = false;

  function laneOf(name: string): Lane {
    const known = lanes.get(name);
    if (known) return known;
    const lane = { name, inside: 0, said: Number.NEGATIVE_INFINITY };
    lanes.set(name, lane);
    return lane;
  }
  const hasRoom = (lane: Lane): boolean => lane.inside < assured || (lane.inside < mostOfLane && inside < mostInside);

  function letIn(lane: Lane): Pass {
    lane.inside++;
    inside++;
    atEndOfTurn();
    const entered = turn;
    let left = false;
    return {
      leave() {
        if (left) return;
        left = true;
        if (entered === turn) answered.push(lane);
        else free(lane);
      },
    };
  }

  function free(lane: Lane): void {
    lane.inside--;
    inside--;
    if (waiting.size() > 0) atEndOfTurn();
  }

  function atEndOfTurn(): void {
    if (endIsNear) return;
    endIsNear = true;
    setImmediate(() => {
      endIsNear = false;
      turn++;
      for (const lane of answered.splice(0)) free(lane);
      for (let next = waiting.next(hasRoom); next; next = waiting.next(hasRoom)) next.item.go(letIn(next.lane));
    });
  }

  function refuse(lane: Lane, go: Waiting['go']): void {
    const now = runtime.now();
    const isNews = now - lane.said >= sayEvery;
    if (isNews) lane.said = now;
    refused(lane.name, isNews);
    go();
  }

  /** By time alone, since nobody may be answered meanwhile. */
  async function refuseTheLate(): Promise<void> {
    if (isWatching) return;
    isWatching = true;
    while (waiting.size() > 0) {
      await runtime.sleep(lookEvery);
      const late = runtime.now() - longestWait;
      for (const { lane, item } of waiting.takeWhile(({ since }) => since <= late)) refuse(lane, item.go);
    }
    isWatching = false;
  }

  /** `go` is called once: with a pass, or without one to refuse the request. */
  return function enter(name: string, go: Waiting['go']): void {
    const lane = laneOf(name);
    if (waiting.size(lane) === 0 && lane.inside < assured) return go(letIn(lane));
    if (waiting.size() === 0 && hasRoom(lane)) return go(letIn(lane));
    if (waiting.size(lane) >= mostWaiting) return refuse(lane, go);
    waiting.add(lane, { since: runtime.now(), go });
    atEndOfTurn();
    void refuseTheLate();
  };
}
export type Enter = ReturnType<typeof admission>;
