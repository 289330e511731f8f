import { cidr, containsCidr, formatIp, formatMac } from '../addr/index.ts';
import { formatIpRouteEntry, ipRouteEntries } from '../formats/index.ts';
import {
  ANY_PORT,
  type Link,
  type Netns,
  type Socket,
  type SocketOwner,
  type World,
} from '../kernel/index.ts';
import { type Column, formatTable } from './columns.ts';

const DEVICE_COLUMNS: readonly Column<Link>[] = [
  { head: 'DEVICE', value: ({ name }) => name },
  { head: 'KIND', value: kindOf },
  { head: 'STATE', value: ({ up }) => (up ? 'UP' : 'DOWN') },
  { head: 'MTU', value: ({ mtu }) => `${mtu}` },
  { head: 'MAC', value: (link) => (link.kind === 'loopback' ? '' : formatMac(link.mac)) },
  {
    head: 'ADDRESSES',
    value: ({ addresses }) => addresses.map(({ ip, length }) => `${formatIp(ip)}/${length}`).join(' '),
  },
];

/** `veth port 1 of cni0`, `vxlan vni 1 over eth0`. */
function kindOf(link: Link): string {
  const port = link.port === undefined ? '' : `, port ${link.port.number} of ${link.port.bridge}`;
  switch (link.kind) {
    case 'vxlan':
      return `vxlan ${link.vni} over ${link.device}${port}`;
    case 'bridge':
      return `bridge, ${link.ports.length} ${link.ports.length === 1 ? 'port' : 'ports'}`;
    case 'loopback':
    case 'veth':
    case 'dummy':
    case 'tun':
      return `${link.kind}${port}`;
  }
}

/** The devices of a namespace, a line each. */
export function deviceTable(netns: Netns): string {
  return formatTable(DEVICE_COLUMNS, [...netns.links.values()]);
}

const LINK_LOCAL = cidr('fe80::/10');

/** The routes of table main, as `ip route` and `ip -6 route` print them; those that every device has are left out. */
export function routeLines(netns: Netns, world: World): string {
  return ([4, 6] as const)
    .flatMap((family) => ipRouteEntries(netns, { world, family }))
    .filter(({ dst }) => !(typeof dst.base === 'bigint' && containsCidr(LINK_LOCAL, dst)))
    .map((route) => `${formatIpRouteEntry(route).trimEnd()}\n`)
    .join('');
}

const SOCKET_COLUMNS: readonly Column<Socket>[] = [
  { head: 'PORT', value: formatSocketAddress },
  { head: 'OWNER', value: ({ owner }) => formatOwner(owner) },
];

/** `tcp/8080`, with the address before the port when the socket is bound to one: `tcp/10.0.0.1:8080`. */
export function formatSocketAddress({ protocol, ip, port }: Socket): string {
  if (port === ANY_PORT) return `${protocol}/*`;
  if (ip === undefined) return `${protocol}/${port}`;
  const text = formatIp(ip);
  return `${protocol}/${text.includes(':') ? `[${text}]` : text}:${port}`;
}

/** Who answers on a socket, in words. */
export function formatOwner(owner: SocketOwner): string {
  switch (owner.kind) {
    case 'pod': {
      const assumed = owner.assumed ? ' (assumed: it declares no ports, and a Service sends here)' : '';
      return `pod ${owner.namespace}/${owner.name}${assumed}`;
    }
    case 'node':
      return owner.what;
    case 'host':
      return owner.name;
    case 'vxlan':
      return `device ${owner.device}`;
  }
}

/** What listens in a namespace, a line each. */
export function socketTable(sockets: readonly Socket[]): string {
  return sockets.length === 0 ? '' : formatTable(SOCKET_COLUMNS, sockets);
}
