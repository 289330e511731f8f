import { cidr, contains, type Family, formatIp } from '../../addr/index.ts';
import {
  bridgeFdbEntries,
  bridgeLinkEntries,
  formatBridgeFdb,
  formatBridgeLink,
  formatIpAddr,
  formatIpLink,
  formatIpRouteEntry,
  ipAddrEntries,
  ipLinkEntries,
  ipRouteEntries,
  printIpNeigh,
  printIpRule,
  printIpsetSave,
  printIpvsadmSave,
  printSysctl,
} from '../../formats/index.ts';
import type { Netns, Socket, World } from '../../kernel/index.ts';

/** What of a namespace's state a text shows; rules are apart, they have chains. */
export const TEXTS = [
  'ip link',
  'bridge link',
  'ip addr',
  'ip route',
  'ip rule',
  'ip neigh',
  'bridge fdb',
  'sysctl',
  'ipset save',
  'ipvsadm-save -n',
  'ipvsadm -L --timeout',
  'ss -ln',
] as const;
export type TextName = (typeof TEXTS)[number];

const LINK_LOCAL = cidr('fe80::/10');
const MULTICAST = cidr('ff00::/8');

/**
 * The lines of a text, each complete by itself, without what the kernel derives from other lines (link-local and
 * multicast addresses, routes and groups) and without interface numbers, which count only the order of creation.
 */
export function linesOf(what: TextName, netns: Netns, world: World): string[] {
  switch (what) {
    case 'ip link':
      return [...netns.links.keys()].map((device) => linkLine(device, netns, world));
    case 'bridge link':
      return bridgeLinkEntries(netns, { world, details: true }).map((entry) =>
        // Flags and MTU are among those of `ip link`.
        plainName(joined(formatBridgeLink([entry]))).replace(/: <\S*> mtu \d+ /, ': '),
      );
    case 'ip addr':
      return ipAddrEntries(netns, { world }).flatMap(addressLines);
    case 'ip route':
      return ipRouteEntries(netns, { world, table: 'all' })
        .filter(({ dst: { base } }) => !isDerived(base))
        .map((route) => formatIpRouteEntry(route).trimEnd());
    case 'ip rule':
      return ([4, 6] as const).flatMap((family) => ruleLines(netns, family));
    case 'ip neigh':
      return [
        ...split(printIpNeigh(netns)),
        ...split(printIpNeigh(netns, { proxy: true })).map((line) => line.replace(/\s+$/, '')),
      ];
    case 'bridge fdb':
      return split(formatBridgeFdb(bridgeFdbEntries(netns, { world }).filter(({ mac }) => !isGroup(mac))));
    case 'sysctl':
      return split(printSysctl(netns));
    case 'ipset save':
      return split(printIpsetSave(netns.sets.values()));
    case 'ipvsadm-save -n':
      return split(printIpvsadmSave(netns));
    case 'ipvsadm -L --timeout': {
      const { tcp, tcpFin, udp } = netns.ipvsTimeouts;
      return [`Timeout (tcp tcpfin udp): ${tcp} ${tcpFin} ${udp}`];
    }
    case 'ss -ln':
      return netns.sockets.map(socketLine);
  }
}

function split(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
}

/** Several lines about one thing as one. */
function joined(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}

/** Without the number of the interface and of its peer. */
function plainName(line: string): string {
  return line.replace(/^\d+: ([^:@\s]+)(?:@[^:\s]+)?:/, '$1:');
}

function linkLine(device: string, netns: Netns, world: World): string {
  const text = formatIpLink(ipLinkEntries(netns, { world, device }));
  if (netns.links.get(device)?.kind !== 'vxlan') return plainName(joined(text));
  const details = formatIpLink(ipLinkEntries(netns, { world, device, details: true }));
  const vxlan = /^ +(vxlan .*?) addrgenmode/m.exec(details)?.[1] ?? '';
  return plainName(joined(`${text} ${vxlan}`));
}

function addressLines(entry: ReturnType<typeof ipAddrEntries>[number]): string[] {
  const { addresses, header } = entry;
  return addresses
    .filter(({ ip }) => !isDerived(ip))
    .map((address) => {
      const [line = ''] = split(formatIpAddr([{ ...entry, addresses: [address] }])).slice(-2);
      const text = line.trim();
      // IPv4 addresses end with their label; of IPv6 only the block says the device.
      return address.label === undefined ? `${text} dev ${header.name}` : text;
    });
}

function isDerived(ip: number | bigint): boolean {
  return typeof ip === 'bigint' && (contains(LINK_LOCAL, ip) || contains(MULTICAST, ip));
}

/** Bit 40 of a MAC: a group's address, which follows from the device's own addresses. */
function isGroup(mac: number): boolean {
  return Math.floor(mac / 2 ** 40) % 2 === 1;
}

function ruleLines(netns: Netns, family: Family): string[] {
  return split(printIpRule(netns, { family })).map((line) => (family === 6 ? `-6 ${line}` : line));
}

function socketLine({ protocol, ip, port, owner }: Socket): string {
  const address = ip === undefined ? '*' : typeof ip === 'bigint' ? `[${formatIp(ip)}]` : formatIp(ip);
  return `${protocol} LISTEN ${address}:${port} ${ownerText(owner)}`;
}

function ownerText(owner: Socket['owner']): string {
  switch (owner.kind) {
    case 'pod':
      return `pod ${owner.namespace}/${owner.name}`;
    case 'node':
      return owner.what;
    case 'host':
      return owner.name;
    case 'vxlan':
      return owner.device;
  }
}
