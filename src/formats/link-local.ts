import { type Ip, linkLocalOf, type Mac } from '../addr/index.ts';
import type { Link, LinkAddress, Netns, World } from '../kernel/index.ts';
import { hadCarrier } from './link-state.ts';

/**
 * What the kernel keeps for IPv6 and multicast on a device without being told, and which the emulated state
 * therefore does not hold: the loopback's ::1, link-local addresses derived from the MAC, group memberships.
 */

/** RFC 8200 section 5. */
const IPV6_MIN_MTU = 1280;

/** A device that is too small for IPv6 has none of its state (addrconf_notify, NETDEV_CHANGEMTU). */
export function fitsIpv6({ mtu }: Pick<Link, 'mtu'>): boolean {
  return mtu >= IPV6_MIN_MTU;
}

/** Whether IPv6 runs on the device (`disable_ipv6` of it or of all, and its MTU). */
export function ipv6Enabled(netns: Netns, device: string): boolean {
  const link = netns.links.get(device);
  if (link !== undefined && !fitsIpv6(link)) return false;
  const off = (key: string): boolean => netns.sysctls.get(`net.ipv6.conf.${key}.disable_ipv6`)?.value === '1';
  return !off('all') && !off(device);
}

/** Whether the namespace forwards IPv6, and so joins the routers' groups and anycast addresses. */
export function ipv6Forwards(netns: Netns): boolean {
  return netns.sysctls.get('net.ipv6.conf.all.forwarding')?.value === '1';
}

/**
 * The address that an Ethernet device gives itself when it gets its carrier (net/ipv6/addrconf.c,
 * addrconf_dev_config; addrgenmode eui64, duplicate address detection done). A device that is down, as
 * kube-ipvs0 always is, has none.
 */
export function linkLocalAddress(link: Link, netns: Netns, world: World): bigint | undefined {
  if (link.kind === 'loopback' || link.kind === 'tun') return undefined;
  if (!link.up || !hadCarrier(link, netns, world) || !ipv6Enabled(netns, link.name)) return undefined;
  return linkLocalOf(link.mac);
}

/** IPv6 addresses as `ip addr` orders them: the wider scope first, the newest first, link-local last. */
export function ipv6AddressesOf(
  link: Link,
  netns: Netns,
  world: World,
): readonly Pick<LinkAddress, 'ip' | 'length' | 'scope'>[] {
  const held = link.addresses.filter((address) => typeof address.ip === 'bigint').reverse();
  const derived: Pick<LinkAddress, 'ip' | 'length' | 'scope'>[] = [];
  if (link.kind === 'loopback' && link.up && ipv6Enabled(netns, link.name)) {
    derived.push({ ip: 1n, length: 128, scope: 'host' });
  }
  const own = linkLocalAddress(link, netns, world);
  if (own !== undefined) derived.push({ ip: own, length: 64, scope: 'link' });
  const missing = derived.filter((address) => !held.some((other) => other.ip === address.ip));
  return [...held, ...missing].sort((a, b) => SCOPE_RANK[a.scope] - SCOPE_RANK[b.scope]);
}

const SCOPE_RANK = { global: 0, host: 1, link: 2 } as const;

const ALL_NODES: Mac = 0x333300000001;
const ALL_ROUTERS: Mac = 0x333300000002;
const ALL_HOSTS_4: Mac = 0x01005e000001;
const ALL_SNOOPERS_4: Mac = 0x01005e00006a;
const ALL_SNOOPERS_6: Mac = 0x33330000006a;

/**
 * The multicast MACs that a device listens to, as `bridge fdb` shows them (`self permanent`). The kernel lists
 * them in the order of joining: all-nodes with the device, the groups of IPv4 and of the bridge's snooping
 * when it comes up, a solicited-node group for each IPv6 address. A device that goes down leaves them all
 * (ip_mc_down, ipv6_mc_down); one that was never up has been put into the first.
 */
export function multicastGroups(link: Link, netns: Netns, world: World): Mac[] {
  if (!link.up && link.wasUp === true) return [];
  const ipv6 = ipv6Enabled(netns, link.name);
  const routes6 = ipv6 && ipv6Forwards(netns);
  const groups: Mac[] = [];
  if (ipv6) groups.push(ALL_NODES);
  if (routes6 && link.kind !== 'dummy') groups.push(ALL_ROUTERS);
  if (!link.up) return groups;
  if (link.kind === 'bridge') groups.push(ALL_SNOOPERS_4, ...(ipv6 ? [ALL_SNOOPERS_6] : []));
  groups.push(ALL_HOSTS_4);
  // addrconf_join_solict: devices that do not resolve neighbours join no solicited-node group.
  if (!ipv6 || link.kind === 'dummy') return groups;
  const addresses = [...ipv6AddressesOf(link, netns, world)].reverse();
  groups.push(...addresses.map((address) => solicitedNode(address.ip)));
  if (routes6 && addresses.length > 0) groups.push(solicitedNode(0n));
  return [...new Set(groups)];
}

/** The MAC of ff02::1:ffXX:XXXX (RFC 4291 section 2.7.1, RFC 2464 section 7). */
function solicitedNode(ip: Ip): Mac {
  return 0x3333ff000000 + Number(BigInt(ip) & 0xffffffn);
}
