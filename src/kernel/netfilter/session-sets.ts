import { maskIp } from '../../addr/index.ts';
import { fieldsOf, lengthsOf, type SetProbe } from '../ipset/lookup.ts';
import { dimensionsOf, entryKey, type IpSet, type IpSetField } from '../ipset/model.ts';
import type { Origin } from '../origin.ts';
import type { Stack } from '../session.ts';

/** The sets of a namespace as this session sees them: the state, and what `-j SET` has changed since. */
export function setsOf(stack: Stack): ReadonlyMap<string, IpSet> {
  return stack.changedSets ?? stack.netns.sets;
}

/** The set, in a copy that the session may change. */
function changeable(stack: Stack, name: string): IpSet | undefined {
  stack.changedSets ??= new Map(stack.netns.sets);
  const set = stack.changedSets.get(name);
  if (set === undefined || set !== stack.netns.sets.get(name)) return set;
  const copy = { ...set, entries: new Map(set.entries) };
  stack.changedSets.set(name, copy);
  return copy;
}

/**
 * What `-j SET` puts into a set or takes out of it: one value for each dimension; of a net the longest prefix in
 * use, or the whole address (hash_net4_kadt). Undefined when the packet has none, as an ICMP packet has no port.
 */
function elementOf(set: IpSet, probe: SetProbe): IpSetField[] | undefined {
  const element: IpSetField[] = [];
  for (const [i, kind] of dimensionsOf(set.type).entries()) {
    const side = probe.flags[i] ?? 'src';
    if (kind === 'net') {
      const ip = side === 'src' ? probe.skb.packet.src : probe.skb.packet.dst;
      const length = lengthsOf(set)[i]?.[0] ?? (typeof ip === 'number' ? 32 : 128);
      element.push({ kind, ip: maskIp(ip, length), length });
      continue;
    }
    const [field] = fieldsOf(set, kind, side, probe, []);
    if (field === undefined) return undefined;
    element.push(field);
  }
  return element;
}

/** ip_set_add: false when the set does not exist or is a list of sets, of which nothing is known here. */
export function addToSet(stack: Stack, name: string, probe: SetProbe, origin: Origin): boolean {
  const set = changeable(stack, name);
  if (set === undefined || set.type === 'list:set') return false;
  const fields = elementOf(set, probe);
  if (fields === undefined || set.entries.size >= (set.options.maxelem ?? Number.POSITIVE_INFINITY))
    return true;
  const { timeout } = set.options;
  const entry = { fields, nomatch: false, ...(timeout === undefined ? {} : { timeout }), origin };
  const key = entryKey(fields);
  if (set.entries.has(key)) return true;
  set.entries.set(key, entry);
  set.generation++;
  return true;
}

/** ip_set_del. */
export function deleteFromSet(stack: Stack, name: string, probe: SetProbe): boolean {
  const set = changeable(stack, name);
  if (set === undefined || set.type === 'list:set') return false;
  const fields = elementOf(set, probe);
  if (fields !== undefined && set.entries.delete(entryKey(fields))) set.generation++;
  return true;
}
