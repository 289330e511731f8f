import { contains, type Ip } from '../../addr/index.ts';
import { protocolNumber } from '../../wire/index.ts';
import { portsOf } from '../conntrack/tuple.ts';
import { addressType } from '../fib.ts';
import { testSet } from '../ipset/lookup.ts';
import type { RouteType } from '../model.ts';
import type { Skb } from '../skb.ts';
import type { CompiledCidr, CompiledInterface, CompiledRule } from './compiled-rule.ts';
import { hasState, matchConntrack } from './match-conntrack.ts';
import { is, type MatchContext, type Outcome } from './match-context.ts';
import { matchIpvs } from './match-ipvs.ts';
import { matchOwner } from './match-owner.ts';
import {
  matchDscp,
  matchIpRange,
  matchLength,
  matchMac,
  matchPacketType,
  matchTos,
  matchTtl,
} from './match-packet.ts';
import type { AddressType, InterfaceMatch, Match, PortMatch, PortRange } from './model.ts';
import { setsOf } from './session-sets.ts';

/** Whether a rule takes a packet. Random matches (statistic) are decided by the caller, after all others. */
export function matchRule(rule: CompiledRule, context: MatchContext): Outcome {
  const { packet } = context.skb;
  const { src, dst, protocol, inInterface, outInterface, matches } = rule;
  if (dst !== undefined && isWithin(dst, packet.dst) === dst.not) return 'no';
  if (src !== undefined && isWithin(src, packet.src) === src.not) return 'no';
  if (protocol !== 0 && (protocolNumber(packet) === protocol) === rule.notProtocol) return 'no';
  if (inInterface !== undefined && isNamed(inInterface, context.inDevice) === inInterface.not) return 'no';
  if (outInterface !== undefined && isNamed(outInterface, context.outDevice) === outInterface.not)
    return 'no';
  if (rule.never) return 'no';
  let unknown = false;
  for (let i = 0; i < matches.length; i++) {
    const outcome = matchOne(matches[i] as Match, context);
    if (outcome === 'no') return 'no';
    if (outcome === 'unknown') unknown = true;
  }
  return unknown ? 'unknown' : 'yes';
}

function isWithin({ cidr, base, mask }: CompiledCidr, ip: Ip): boolean {
  if (typeof ip === 'number') return base !== undefined && (ip & mask) === base;
  return contains(cidr, ip);
}

/** A missing device is the empty name. */
function isNamed({ name, prefix }: CompiledInterface, device: string | undefined): boolean {
  return prefix ? (device ?? '').startsWith(name) : (device ?? '') === name;
}

/** `name+` matches every name that begins so; a missing device is the empty name. */
export function matchInterface(match: InterfaceMatch, device: string | undefined): boolean {
  const name = device ?? '';
  const hit = match.name.endsWith('+') ? name.startsWith(match.name.slice(0, -1)) : name === match.name;
  return hit !== match.not;
}

function matchOne(match: Match, context: MatchContext): Outcome {
  const { skb } = context;
  switch (match.kind) {
    case 'comment':
    case 'nfacct':
    case 'statistic':
      return 'yes';
    case 'tcp': {
      const { transport } = skb.packet;
      if (transport.kind !== 'tcp') return 'no';
      if (!matchPort(match.sport, transport.sport) || !matchPort(match.dport, transport.dport)) return 'no';
      return is(
        match.flags === undefined ||
          ((transport.flags & match.flags.mask) === match.flags.comp) !== match.flags.not,
      );
    }
    case 'udp':
    case 'sctp': {
      const { transport } = skb.packet;
      if (transport.kind !== match.kind) return 'no';
      return is(matchPort(match.sport, transport.sport) && matchPort(match.dport, transport.dport));
    }
    case 'icmp': {
      const { transport } = skb.packet;
      if (transport.kind !== 'icmp' && transport.kind !== 'icmp-error') return 'no';
      const hit =
        match.type === 255 ||
        (transport.type === match.type && (match.code === undefined || transport.code === match.code));
      return is(hit !== match.not);
    }
    case 'icmp6':
      return 'no';
    case 'mark':
      return is(((skb.mark & match.mask) >>> 0 === match.value) !== match.not);
    case 'connmark':
      return is(skb.ct !== undefined && ((skb.ct.mark & match.mask) >>> 0 === match.value) !== match.not);
    case 'conntrack':
      return matchConntrack(match, skb);
    case 'state':
      return is(match.states.some((state) => hasState(skb, state)) !== match.not);
    case 'addrtype': {
      const { src, dst } = match;
      const device = match.limitIface === undefined ? undefined : limitDevice(match.limitIface, context);
      if (src !== undefined && hasType(context, skb.packet.src, src.types, device) === src.not) return 'no';
      return is(dst === undefined || hasType(context, skb.packet.dst, dst.types, device) !== dst.not);
    }
    case 'recent':
      skb.visit.lookups++;
      return matchRecent(match, context);
    case 'multiport':
      return is(matchMultiport(match.side, match.ports, skb) !== match.not);
    case 'physdev': {
      if (match.in !== undefined && !matchInterface(match.in, skb.physIn)) return 'no';
      if (match.out !== undefined && !matchInterface(match.out, skb.physOut)) return 'no';
      if (match.isIn !== undefined && (skb.physIn !== undefined) === match.isIn.not) return 'no';
      if (match.isOut !== undefined && (skb.physOut !== undefined) === match.isOut.not) return 'no';
      const bridged = skb.physIn !== undefined && skb.physOut !== undefined;
      return is(match.isBridged === undefined || bridged !== match.isBridged.not);
    }
    case 'set': {
      skb.visit.lookups++;
      const sets = setsOf(context.stack);
      const set = sets.get(match.set);
      const { inDevice, outDevice } = context;
      const hit =
        set === undefined ? undefined : testSet(set, { skb, flags: match.flags, inDevice, outDevice }, sets);
      return hit === undefined ? 'unknown' : is(hit !== match.not);
    }
    // No time passes in a walk, so every bucket is full: the burst lets a packet through, and none is above it.
    case 'limit':
      return 'yes';
    case 'hashlimit':
      return is(!match.above);
    case 'iprange':
      return matchIpRange(match, skb);
    case 'owner':
      return matchOwner(match, skb);
    case 'mac':
      return matchMac(match, context);
    case 'length':
      return matchLength(match, skb);
    case 'ttl':
    case 'hl':
      return matchTtl(match, skb);
    case 'pkttype':
      return matchPacketType(match, skb);
    case 'dscp':
      return matchDscp(match, skb);
    case 'tos':
      return matchTos(match, skb);
    case 'ipvs':
      return is(matchIpvs(match, context));
    case 'unknown':
      return 'unknown';
  }
}

function matchPort(match: PortMatch | undefined, port: number): boolean {
  return match === undefined || (port >= match.from && port <= match.to) !== match.not;
}

function matchMultiport(
  side: 'sports' | 'dports' | 'ports',
  ranges: readonly PortRange[],
  skb: Skb,
): boolean {
  const ports = portsOf(skb.packet.transport);
  if (ports === undefined) return false;
  const within = (port: number): boolean => ranges.some((r) => port >= r.from && port <= r.to);
  return (side !== 'dports' && within(ports.sport)) || (side !== 'sports' && within(ports.dport));
}

const TYPE_NAMES: Readonly<Record<RouteType, AddressType | undefined>> = {
  unicast: 'UNICAST',
  local: 'LOCAL',
  broadcast: 'BROADCAST',
  multicast: 'MULTICAST',
  blackhole: 'BLACKHOLE',
  unreachable: 'UNREACHABLE',
  prohibit: 'PROHIBIT',
  throw: undefined,
};

/** `--limit-iface-in`, `--limit-iface-out`: a hook that does not know the device limits nothing (addrtype_mt_v1). */
function limitDevice(side: 'in' | 'out', { inDevice, outDevice }: MatchContext): string | undefined {
  return side === 'in' ? inDevice : outDevice;
}

/** inet_dev_addr_type: with a device, what is local or broadcast by another device counts as unicast. */
function hasType(
  context: MatchContext,
  ip: Ip,
  types: readonly AddressType[],
  device: string | undefined,
): boolean {
  const type = TYPE_NAMES[addressType(context.stack.netns, ip, device)];
  return type !== undefined && types.includes(type);
}

/**
 * `-m recent`: lists of source addresses. No time passes in a walk, so every entry is younger than any
 * `--seconds`. A hit count above one cannot be told from the list and is unknown.
 */
function matchRecent(match: Extract<Match, { kind: 'recent' }>, context: MatchContext): Outcome {
  const { packet } = context.skb;
  const address = match.side === 'rsource' ? packet.src : packet.dst;
  const key =
    typeof address === 'number' && typeof match.mask === 'number' ? (address & match.mask) >>> 0 : address;
  const { recent } = context.stack;
  const list = recent.get(match.name);
  if (match.mode === 'set') {
    if (list === undefined) recent.set(match.name, new Set([key]));
    else list.add(key);
    return is(!match.not);
  }
  const seen = list?.has(key) === true;
  if (seen && (match.hitcount ?? 1) > 1) return 'unknown';
  if (seen && match.mode === 'remove') list?.delete(key);
  return is(seen !== match.not);
}
