import { closeSync, fdatasyncSync, fsyncSync, openSync, readFileSync, writeSync, writevSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';

/** Bytes of the file, written once when it is made: what is written over needs no new metadata, so its sync is one write. */
const size = 2 * 1024 * 1024;
/** A record: crc32 of the rest, length, number, and then its bytes. */
const headLength = 16;

/**
 * A log of numbered records in a file of its own, which is used again from its start when all of them stand elsewhere too. `settled`: number
 * of the last one that does.
 */
export function writeAheadLog(path: string, settled: number) {
  const file = openOrMake(path);
  const head = Buffer.alloc(headLength);
  const headRest = head.subarray(4);
  let place = 0;
  let number = settled;

  return {
    /**
     * The records that stand here only, in order, up to number `most` or the first that is not whole: nobody was told that it is there. What
     * is appended next stands behind the last of them.
     */
    *unsettled(most = Number.MAX_SAFE_INTEGER): Generator<Buffer> {
      const file = readFileSync(path);
      [place, number] = [0, settled];
      for (let record = recordAt(file, place); record; record = recordAt(file, place)) {
        if (record.number > number + 1 || record.number > most) return;
        place += headLength + record.bytes.length;
        if (record.number <= number) continue;
        number++;
        yield record.bytes;
      }
    },
    /** It is on disk when this returns. Throws when it is not known to be. */
    append(bytes: Buffer): void {
      head.writeUInt32LE(bytes.length, 4);
      head.writeDoubleLE(number + 1, 8);
      head.writeUInt32LE(crc32(bytes, crc32(headRest)), 0);
      const length = headLength + bytes.length;
      if (writevSync(file, [head, bytes], place) < length) throw new Error('the log was not written to its end');
      fdatasyncSync(file);
      place += length;
      number++;
    },
    /** Number of the last record. */
    last: (): number => number,
    isFull: (): boolean => place >= size,
    /** All records stand elsewhere. */
    settle(): void {
      settled = number;
      place = 0;
    },
    close: (): void => closeSync(file),
  };
}

function openOrMake(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const file = openSync(path, 'w+');
  writeSync(file, Buffer.alloc(size), 0, size, 0);
  fsyncSync(file);
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
  return file;
}

/** Undefined where there is none, or one that was not written to its end. */
function recordAt(file: Buffer, at: number): { number: number; bytes: Buffer } | undefined {
  if (at + headLength > file.length) return undefined;
  const length = file.readUInt32LE(at + 4);
  const end = at + headLength + length;
  if (length === 0 || end > file.length || crc32(file.subarray(at + 4, end)) !== file.readUInt32LE(at)) return undefined;
  return { number: file.readDoubleLE(at + 8), bytes: file.subarray(at + headLength, end) };
}
