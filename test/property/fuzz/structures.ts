import fc from 'fast-check';

/**
 * Changes to objects that keep them objects: values of other types, values at the edges of what a field takes, values of
 * other fields, keys and items left out, doubled or renamed. What such a mutant holds is read, so that what is built and
 * walked behind the reading meets it too.
 */

/** Where a value stands below a list of objects. */
type Path = readonly (string | number)[];

/** One change to one place. Places and values are fractions of what there is, so that they fit any objects. */
export interface Change {
  readonly kind: 'value' | 'drop' | 'double' | 'borrow' | 'kin' | 'rename' | 'wrap';
  readonly at: number;
  readonly from: number;
}

/** Values of every type, and those at which ranges end. */
const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 2, 53, 80, 65535, 65536, 30000, 32767, 2147483647, 4294967296, 0.5, 1e21],
  ...['', ' ', '0', '80', 'true', 'null', 'x', 'X', 'web', 'default', 'kube-system', '-', '*', '__proto__'],
  ...['0.0.0.0', '127.0.0.1', '10.96.0.1', '10.96.0.10', '10.244.1.2', '192.168.56.11', '255.255.255.255'],
  ...['169.254.20.10', '224.0.0.1', '::', '::1', 'fd00:244::5', 'fe80::1', '::ffff:10.0.0.1', '010.0.0.1'],
  ...['0.0.0.0/0', '10.244.0.0/16', '10.244.1.0/31', '10.244.1.4/32', '10.244.1.0/24', '::/0', 'fd00::/64'],
  ...[
    'TCP',
    'UDP',
    'SCTP',
    'None',
    'ClusterIP',
    'NodePort',
    'LoadBalancer',
    'ExternalName',
    'Local',
    'Never',
  ],
  ...[
    'Pending',
    'Running',
    'Succeeded',
    'Failed',
    'Exists',
    'DoesNotExist',
    'In',
    'NotIn',
    'Gt',
    'NoSchedule',
  ],
  ...['vxlan', 'host-gw', 'ipvs', 'iptables', 'Default', 'ClusterFirst', 'ClusterFirstWithHostNet', 'IPv6'],
  ...['a'.repeat(63), 'a'.repeat(64), 'b'.repeat(254), '50%', '1000m', '2026-01-01T00:00:00Z'],
  ...[[], {}, [[]], [null], { a: null }, ['a', 'a'], [{}], { matchLabels: {} }, { podSelector: {} }],
];

/** Changes, several to a mutant: the second often meets what the first let through. */
export const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(
      'value' as const,
      'value' as const,
      'drop' as const,
      'double' as const,
      'borrow' as const,
      'kin' as const,
      'kin' as const,
      'rename' as const,
      'wrap' as const,
    ),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    from: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  }),
  { minLength: 1, maxLength: 4 },
);

/** The objects with the changes made, one after the other; what is given stays as it is. */
export function changed(objects: readonly unknown[], list: readonly Change[]): unknown[] {
  const copy = structuredClone(objects) as unknown[];
  for (const change of list) apply(copy, change);
  return copy;
}

function apply(objects: unknown[], { kind, at, from }: Change): void {
  const places = placesOf(objects);
  const place = pick(places, at);
  if (place === undefined) return;
  const key = place.at(-1) as string | number;
  const holder = valueAt(objects, place.slice(0, -1));
  const value = valueAt(objects, place);
  switch (kind) {
    case 'value':
      return put(holder, key, structuredClone(pick(VALUES, from)));
    case 'drop':
      return drop(holder, key);
    case 'double':
      if (Array.isArray(holder)) holder.splice(key as number, 0, structuredClone(value));
      else put(holder, `${key}s`, structuredClone(value));
      return;
    case 'borrow':
      return put(holder, key, structuredClone(valueAt(objects, pick(places, from) ?? place)));
    case 'kin': {
      // The value that a field of the same name has elsewhere: of the right type, and in the wrong place.
      const kin = places.filter((other) => other.at(-1) === key);
      return put(holder, key, structuredClone(valueAt(objects, pick(kin, from) ?? place)));
    }
    case 'rename': {
      const other = pick(places, from)?.at(-1);
      drop(holder, key);
      return put(holder, Array.isArray(holder) ? key : String(other), value);
    }
    case 'wrap':
      return put(holder, key, Array.isArray(value) ? value[0] : [value]);
  }
}

function pick<T>(list: readonly T[], at: number): T | undefined {
  return list[Math.floor(at * list.length)];
}

/** Every value below the objects, themselves among them. */
function placesOf(value: unknown, path: Path = [], out: Path[] = []): Path[] {
  if (path.length > 0) out.push(path);
  if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value))
      placesOf(item, [...path, Array.isArray(value) ? Number(key) : key], out);
  return out;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (held, key) => (typeof held === 'object' && held !== null ? Reflect.get(held, key) : undefined),
    value,
  );
}

function put(holder: unknown, key: string | number, value: unknown): void {
  if (typeof holder !== 'object' || holder === null) return;
  // An own field even where its name is __proto__, as JSON.parse makes it.
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

function drop(holder: unknown, key: string | number): void {
  if (Array.isArray(holder)) holder.splice(key as number, 1);
  else if (typeof holder === 'object' && holder !== null) Reflect.deleteProperty(holder, key);
}
