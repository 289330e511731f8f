import { type Ip, maskIp } from '../../addr/index.ts';
import { protocolNumber, type Transport } from '../../wire/index.ts';
import { portsOf } from '../conntrack/tuple.ts';
import type { Skb } from '../skb.ts';
import { dimensionsOf, fieldKey, type IpSet, type IpSetEntry, type IpSetField } from './model.ts';

/** What of a packet each flag of `--match-set NAME src,dst` picks. */
export interface SetProbe {
  readonly skb: Skb;
  readonly flags: readonly ('src' | 'dst')[];
  readonly inDevice: string | undefined;
  readonly outDevice: string | undefined;
}

/** What lookups read of a set, kept until it changes. */
interface SetIndex {
  readonly generation: number;
  /** Prefix lengths in use per dimension, longest first. */
  readonly byDimension: readonly (readonly number[])[];
  /** Of sets of IPv4 addresses alone: the entries by their address. */
  readonly byAddress: ReadonlyMap<number, IpSetEntry> | undefined;
}

const indexes = new WeakMap<IpSet, SetIndex>();

function indexOf(set: IpSet): SetIndex {
  const known = indexes.get(set);
  if (known !== undefined && known.generation === set.generation) return known;
  const kinds = dimensionsOf(set.type);
  const found = kinds.map(() => new Set<number>());
  const byAddress = new Map<number, IpSetEntry>();
  for (const entry of set.entries.values()) {
    entry.fields.forEach((field, i) => {
      if (field.kind === 'net') found[i]?.add(field.length);
    });
    const [field] = entry.fields;
    if (field?.kind === 'ip' && typeof field.ip === 'number') byAddress.set(field.ip, entry);
  }
  const index: SetIndex = {
    generation: set.generation,
    byDimension: found.map((s) => [...s].sort((a, b) => b - a)),
    byAddress: kinds.length === 1 && byAddress.size === set.entries.size ? byAddress : undefined,
  };
  indexes.set(set, index);
  return index;
}

/** Prefix lengths in use per dimension, longest first. */
export function lengthsOf(set: IpSet): readonly (readonly number[])[] {
  return indexOf(set).byDimension;
}

/**
 * Whether a packet is in a set (net/netfilter/ipset): each dimension takes the side that its flag names; nets are
 * tried from the longest prefix down, and the first entry found decides, `nomatch` turning it round. Undefined
 * when a member set does not exist.
 */
export function testSet(set: IpSet, probe: SetProbe, sets: ReadonlyMap<string, IpSet>): boolean | undefined {
  if (set.type === 'list:set') return testList(set, probe, sets);
  if (set.entries.size === 0) return false;
  const { byDimension: prefixes, byAddress } = indexOf(set);
  if (byAddress !== undefined) {
    const { src, dst } = probe.skb.packet;
    const ip = (probe.flags[0] ?? 'src') === 'src' ? src : dst;
    if (typeof ip !== 'number') return false;
    const { netmask } = set.options;
    const entry = byAddress.get(netmask === undefined ? ip : (maskIp(ip, netmask) as number));
    return entry !== undefined && !entry.nomatch;
  }
  const dimensions = dimensionsOf(set.type);
  const candidates: IpSetField[][] = [];
  for (let i = 0; i < dimensions.length; i++) {
    const kind = dimensions[i];
    const side = probe.flags[i] ?? probe.flags.at(-1) ?? 'src';
    const fields = kind === undefined ? [] : fieldsOf(set, kind, side, probe, prefixes[i] ?? []);
    if (fields.length === 0) return false;
    candidates.push(fields);
  }
  const hit = firstHit(set, candidates, 0, '');
  return hit !== undefined && !hit.nomatch;
}

function testList(set: IpSet, probe: SetProbe, sets: ReadonlyMap<string, IpSet>): boolean | undefined {
  let unknown = false;
  for (const { fields } of set.entries.values()) {
    const [field] = fields;
    const member = field?.kind === 'set' ? sets.get(field.name) : undefined;
    const result = member === undefined ? undefined : testSet(member, probe, sets);
    if (result === true) return true;
    if (result === undefined) unknown = true;
  }
  return unknown ? undefined : false;
}

function firstHit(
  set: IpSet,
  candidates: readonly IpSetField[][],
  depth: number,
  before: string,
): IpSetEntry | undefined {
  const options = candidates[depth] ?? [];
  const isLast = depth === candidates.length - 1;
  for (const field of options) {
    // As entryKey writes it, a piece at a time.
    const key = depth === 0 ? fieldKey(field) : `${before},${fieldKey(field)}`;
    const hit = isLast ? set.entries.get(key) : firstHit(set, candidates, depth + 1, key);
    if (hit !== undefined) return hit;
  }
  return undefined;
}

/** The values of one dimension that the packet may have in a set. */
export function fieldsOf(
  set: IpSet,
  kind: IpSetField['kind'],
  side: 'src' | 'dst',
  probe: SetProbe,
  prefixes: readonly number[],
): IpSetField[] {
  const { skb } = probe;
  const ip: Ip = side === 'src' ? skb.packet.src : skb.packet.dst;
  switch (kind) {
    case 'ip': {
      const { netmask } = set.options;
      return [{ kind, ip: netmask === undefined ? ip : maskIp(ip, netmask) }];
    }
    case 'net':
      return prefixes.map((length) => ({ kind, ip: maskIp(ip, length), length }));
    case 'port': {
      const protocol = protocolNumber(skb.packet);
      const port = portIn(skb.packet.transport, side);
      if (set.type !== 'bitmap:port') return [{ kind, protocol, port: port ?? 0 }];
      return port === undefined || protocol === ICMP ? [] : [{ kind, port }];
    }
    case 'mark':
      return [{ kind, mark: (skb.mark & (set.options.markmask ?? 0xffffffff)) >>> 0 }];
    case 'iface': {
      const name = side === 'src' ? probe.inDevice : probe.outDevice;
      return name === undefined ? [] : [{ kind, name }];
    }
    case 'mac':
      return [{ kind, mac: side === 'src' ? skb.sourceMac : skb.destinationMac }];
    case 'set':
      return [];
  }
}

const ICMP = 1;

/** get_port: what stands for a port in a set; undefined for protocols that have nothing of the kind. */
function portIn(transport: Transport, side: 'src' | 'dst'): number | undefined {
  if (transport.kind === 'icmp' || transport.kind === 'icmp-error')
    return transport.type * 256 + transport.code;
  const ports = portsOf(transport);
  return side === 'src' ? ports?.sport : ports?.dport;
}
