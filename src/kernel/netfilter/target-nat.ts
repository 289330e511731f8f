import type { Ip } from '../../addr/index.ts';
import type { Connection } from '../conntrack/connection.ts';
import { setupNat } from '../conntrack/nat.ts';
import { invert } from '../conntrack/tuple.ts';
import { nextHop, selectAddress } from '../fib.ts';
import type { MatchContext } from './match-context.ts';
import type { NatRange, PortRange, Target } from './model.ts';

type TargetOf<K extends Target['kind']> = Extract<Target, { readonly kind: K }>;
export type NatTarget = TargetOf<'DNAT' | 'SNAT' | 'MASQUERADE' | 'REDIRECT' | 'NETMAP'>;

/**
 * Sets up the translation that a target of table nat asks for; the packet is then accepted. False when the kernel
 * drops it instead: it has no connection, or no address is to be had.
 */
export function translateBy(target: NatTarget, context: MatchContext): boolean {
  const { stack, skb } = context;
  const { ct } = skb;
  if (ct === undefined) return false;
  switch (target.kind) {
    case 'DNAT':
    case 'SNAT':
      setupNat(stack, ct, target.kind === 'DNAT' ? 'dst' : 'src', target.to, {
        random: target.random || target.randomFully,
        persistent: target.persistent,
      });
      return true;
    case 'MASQUERADE': {
      const ip = masqueradeAddress(context);
      if (ip === undefined) return false;
      setupNat(stack, ct, 'src', withPorts(ip, target.toPorts), {
        random: target.random || target.randomFully,
      });
      return true;
    }
    case 'REDIRECT': {
      const ip = redirectAddress(context);
      if (ip === undefined) return false;
      setupNat(stack, ct, 'dst', withPorts(ip, target.toPorts), { random: target.random });
      return true;
    }
    case 'NETMAP': {
      const side = context.hook === 'PREROUTING' || context.hook === 'OUTPUT' ? 'dst' : 'src';
      setupNat(stack, ct, side, { ip: netmapAddress(target, ct, side) });
      return true;
    }
  }
}

function withPorts(ip: Ip, ports: PortRange | undefined): NatRange {
  if (ports === undefined) return { ip };
  return ports.from === ports.to ? { ip, port: ports.from } : { ip, port: ports.from, lastPort: ports.to };
}

/**
 * nf_nat_masquerade_ipv4: the address of the outgoing device whose subnet holds the next hop, else its first
 * one; a source hint of the route is not looked at.
 */
function masqueradeAddress({ stack, skb, outDevice }: MatchContext): Ip | undefined {
  const { route, packet } = skb;
  const link = stack.netns.links.get(outDevice ?? '');
  return selectAddress(stack.netns, link, route === undefined ? packet.dst : nextHop(route, packet.dst));
}

/** nf_nat_redirect_ipv4: the first address of the device that the packet came in by; in OUTPUT the loopback address. */
function redirectAddress({ stack, hook, inDevice }: MatchContext): Ip | undefined {
  if (hook === 'OUTPUT') return 0x7f000001;
  const link = stack.netns.links.get(inDevice ?? '');
  return link?.addresses.find((address) => typeof address.ip === 'number')?.ip;
}

/** netmap_tg4: the network part of the target, the host part of the packet. */
function netmapAddress({ to }: TargetOf<'NETMAP'>, ct: Connection, side: 'src' | 'dst'): Ip {
  const current = invert(ct.reply)[side];
  const { base, length } = to;
  if (typeof current === 'number' && typeof base === 'number') {
    const host = length === 0 ? 0xffffffff : 0xffffffff >>> length;
    return length === 32 ? base : (base | (current & host)) >>> 0;
  }
  return BigInt(base) | (BigInt(current) & ((1n << BigInt(128 - length)) - 1n));
}
