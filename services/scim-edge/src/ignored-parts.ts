import type { Durable } from '@claras/directory/transact';
import { type AskedWrite, toldWrites } from './told-writes.ts';

/** A write that was taken without some of it. `subject`: `Users/<id>`. `ignored`: names of attributes, with repetitions. */
interface PartlyIgnoredWrite extends AskedWrite {
  subject: string;
  ignored: readonly string[];
}

const mostNames = 50;
const longestName = 256;

/** Tells what the edge left out of writes that it took. One mapping in Entra is wrong for everybody alike: a few tell all. */
export const ignoredParts = (durable: Durable) =>
  toldWrites<PartlyIgnoredWrite>(durable, {
    mostInAMinute: 5,
    said({ subject, ignored }, about) {
      const names = [...new Set(ignored.map((name) => name.slice(0, longestName)))].slice(0, mostNames);
      return { fact: { type: 'request.ignored', data: { ignored: names, ...about } }, subject };
    },
  });
