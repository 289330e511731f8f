/** A property whose first reading has to be waited for. */
export type Watched = readonly [object: object, property: string];

/** What waits for a property to be read, by object and property. */
const waiting = new WeakMap<object, Map<string, (() => void)[]>>();

/**
 * Runs `program` when any of the properties is read for the first time, before the reader gets its value. A
 * cluster of a thousand nodes has a million pairs of peers, of which a walk meets a handful: each node's part is
 * written down when somebody looks at it. For every reader the state is the same as if it had always been there.
 * Several programs may wait for one property: they run in the order in which they were put off.
 */
export function onFirstRead(watched: readonly Watched[], program: () => void): void {
  let done = false;
  const once = (): void => {
    if (done) return;
    done = true;
    program();
  };
  for (const [object, property] of watched) watch(object, property, once);
}

function watch(object: object, property: string, once: () => void): void {
  let properties = waiting.get(object);
  if (properties === undefined) {
    properties = new Map();
    waiting.set(object, properties);
  }
  const queue = properties.get(property);
  if (queue !== undefined) {
    queue.push(once);
    return;
  }
  const all = [once];
  properties.set(property, all);
  const plain = Object.getOwnPropertyDescriptor(object, property);
  if (plain === undefined) throw new Error(`nothing to wait for: ${property}`);
  Object.defineProperty(object, property, {
    configurable: true,
    enumerable: true,
    get: () => {
      Object.defineProperty(object, property, plain);
      properties.delete(property);
      for (const one of all) one();
      return Reflect.get(object, property);
    },
  });
}
