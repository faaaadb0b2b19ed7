/** UTF-16 puts the characters beyond U+FFFF (surrogate pairs, D800 to DFFF) before E000 to FFFF; UTF-8, like the code points, behind. */
const inCodePointOrder = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/** Order of two strings by the bytes of their UTF-8. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left !== right) return inCodePointOrder(left) - inCodePointOrder(right);
  }
  return a.length - b.length;
}

/** A sorted set of strings in memory. */
export function sortedMembers() {
  const members: string[] = [];

  /** How many members stand before this one. */
  function rank(member: string): number {
    let [low, high] = [0, members.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareUtf8(members[middle]!, member) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  const has = (member: string): boolean => members[rank(member)] === member;
  return {
    has,
    size: () => members.length,
    add(member: string): void {
      if (!has(member)) members.splice(rank(member), 0, member);
    },
    remove(member: string): void {
      if (has(member)) members.splice(rank(member), 1);
    },
    from: (offset: number, limit: number): string[] => members.slice(offset, offset + limit),
    after: (member: string, limit: number): string[] => {
      const start = rank(member) + (has(member) ? 1 : 0);
      return members.slice(start, start + limit);
    },
  };
}
export type SortedMembers = ReturnType<typeof sortedMembers>;
