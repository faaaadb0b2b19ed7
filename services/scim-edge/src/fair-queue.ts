/** Items that wait in lanes: first come, first served within a lane, and the lanes take turns. */
export interface FairQueue<Lane, Item> {
  add(lane: Lane, item: Item): void;
  /** The next, of the lanes that may go; a lane that may not keeps its place. */
  next(mayGo?: (lane: Lane) => boolean): { lane: Lane; item: Item } | undefined;
  /** Takes out of each lane those in front that are so. */
  takeWhile(isSo: (item: Item) => boolean): { lane: Lane; item: Item }[];
  /** How many wait: in all, or in one lane. */
  size(lane?: Lane): number;
}

export function fairQueue<Lane, Item>(): FairQueue<Lane, Item> {
  /** Lanes in which somebody waits, in the order of their turns. */
  const lanes = new Map<Lane, Item[]>();
  let all = 0;

  function take(lane: Lane, items: Item[]): { lane: Lane; item: Item } {
    const item = items.shift() as Item;
    if (items.length === 0) lanes.delete(lane);
    all--;
    return { lane, item };
  }

  return {
    add(lane, item) {
      const items = lanes.get(lane);
      if (items) items.push(item);
      else lanes.set(lane, [item]);
      all++;
    },
    next(mayGo = () => true) {
      for (const [lane, items] of lanes) {
        if (!mayGo(lane)) continue;
        // Its next turn is behind those of all others.
        lanes.delete(lane);
        lanes.set(lane, items);
        return take(lane, items);
      }
      return undefined;
    },
    takeWhile(isSo) {
      const taken: { lane: Lane; item: Item }[] = [];
      for (const [lane, items] of lanes) while (items.length > 0 && isSo(items[0] as Item)) taken.push(take(lane, items));
      return taken;
    },
    size: (lane) => (lane === undefined ? all : (lanes.get(lane)?.length ?? 0)),
  };
}
