import { type Table, type Tables, tableNames } from './lmdb-tables.ts';

/** A put or removal: number of the table times two, plus 1 for a removal; length of key and of value; key; value. */
const headLength = 7;

/**
 * Tables whose puts and removals are noted, one behind the other, as they are made. Doing what was noted once more, in order, leads to the
 * same tables, wherever in between one begins.
 */
export function loggedTables(tables: Tables) {
  let noted = Buffer.allocUnsafeSlow(1024 * 1024);
  let length = 0;

  /** Where there is room for that much more. */
  function room(bytes: number): Buffer {
    if (length + bytes <= noted.length) return noted;
    const larger = Buffer.allocUnsafeSlow(Math.max(noted.length * 2, length + bytes));
    noted.copy(larger, 0, 0, length);
    noted = larger;
    return noted;
  }

  /** Returns the value's bytes, as they stand among what was noted. */
  function note(operation: number, key: string, value: string): Buffer {
    const buffer = room(headLength + 3 * (key.length + value.length));
    const keyStart = length + headLength;
    const keyEnd = keyStart + buffer.write(key, keyStart);
    const end = keyEnd + buffer.write(value, keyEnd);
    buffer[length] = operation;
    buffer.writeUInt16LE(keyEnd - keyStart, length + 1);
    buffer.writeUInt32LE(end - keyEnd, length + 3);
    length = end;
    return buffer.subarray(keyEnd, end);
  }

  const logged = (table: Table, number: number): Table => ({
    ...table,
    putSync(key, value, options) {
      const before = length;
      const isPut = table.putSync(key, note(number * 2, key, value as string), options);
      if (!isPut) length = before;
      return isPut;
    },
    removeSync(key) {
      const isRemoved = table.removeSync(key);
      if (isRemoved) note(number * 2 + 1, key, '');
      return isRemoved;
    },
  });

  return {
    tables: Object.fromEntries(tableNames.map((name, number) => [name, logged(tables[name], number)])) as Tables,
    noted: (): Buffer => noted.subarray(0, length),
    /** What was noted stands in the log, or was taken back. */
    clear(): void {
      length = 0;
    },
    /** In a transaction. */
    redo(bytes: Buffer): void {
      for (let at = 0; at < bytes.length; ) {
        const operation = bytes[at]!;
        const keyStart = at + headLength;
        const keyEnd = keyStart + bytes.readUInt16LE(at + 1);
        at = keyEnd + bytes.readUInt32LE(at + 3);
        const table = tables[tableNames[operation >> 1]!];
        const key = bytes.toString('utf8', keyStart, keyEnd);
        if (operation % 2 === 1) table.removeSync(key);
        else table.putSync(key, bytes.subarray(keyEnd, at));
      }
    },
  };
}
