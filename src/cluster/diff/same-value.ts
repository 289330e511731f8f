/** Keys that say where a value comes from, not what it is. */
const PLACES: ReadonlySet<string> = new Set(['source', 'origin']);

/**
 * Whether two plain values (objects, arrays, Maps, Sets, primitives) say the same; where they were written and who
 * wrote them aside. Order counts in arrays and Maps: what comes first gets the first address, or matches first.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((value, i) => sameValue(value, b[i]));
  }
  if (a instanceof Map || a instanceof Set) {
    if (!(b instanceof Map || b instanceof Set) || a.size !== b.size) return false;
    const others = b.entries();
    for (const entry of a.entries()) {
      const other = others.next().value;
      if (other === undefined || !sameValue(entry[0], other[0]) || !sameValue(entry[1], other[1]))
        return false;
    }
    return true;
  }
  return !Array.isArray(b) && !(b instanceof Map) && !(b instanceof Set) && sameRecord(a, b);
}

function sameRecord(a: object, b: object): boolean {
  let size = 0;
  for (const key in a) {
    if (PLACES.has(key)) continue;
    size++;
    if (!sameValue(Reflect.get(a, key), Reflect.get(b, key))) return false;
  }
  for (const key in b) if (!PLACES.has(key)) size--;
  return size === 0;
}
