/** A property whose first reading has to be waited for. */
export type Watched = readonly [object: object, property: string];

/**
 * Runs `program` when any of the properties is read for the first time, before the reader gets its value. A
 * cluster of a thousand nodes has a million pairs of peers, of which a walk meets a handful: each node's part is
 * written down when somebody looks at it. For every reader the state is the same as if it had always been there.
 */
export function onFirstRead(watched: readonly Watched[], program: () => void): void {
  const plain = watched.map(([object, property]) => Object.getOwnPropertyDescriptor(object, property));
  const settle = (): void => {
    watched.forEach(([object, property], i) => {
      const descriptor = plain[i];
      if (descriptor !== undefined) Object.defineProperty(object, property, descriptor);
    });
    program();
  };
  for (const [object, property] of watched) {
    Object.defineProperty(object, property, {
      configurable: true,
      enumerable: true,
      get: () => {
        settle();
        return Reflect.get(object, property);
      },
    });
  }
}
