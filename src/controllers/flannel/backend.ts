import { contains, type Family, formatCidr, formatIp, widthOf } from '../../addr/index.ts';
import type { Diagnostic, FlannelBackend, FlannelConfig } from '../../k8s/index.ts';
import type { Operation, Origin, RouteSpec } from '../../kernel/index.ts';
import { type FamilyLease, type Lease, podMtu } from './lease.ts';

type VxlanBackend = Extract<FlannelBackend, { type: 'vxlan' }>;

const EXTERNAL_DEVICE = 'eth0';
/** Linux' own port for VXLAN, older than IANA's 4789. */
const KERNEL_VXLAN_PORT = 8472;

/** What flanneld does on a node for itself: the overlay device. */
export function flannelOperations(own: Lease, config: FlannelConfig): Operation[] {
  const { backend } = config;
  if (backend.type !== 'vxlan') return [];
  return [...own.families.keys()].flatMap((family) => deviceOperations(own, family, config, backend));
}

/**
 * What flanneld does on a node for each of its peers, in order. Peers that host-gw cannot reach are left out;
 * `unreachablePeers` tells of them.
 */
export function peerOperations(
  own: Lease,
  leases: ReadonlyMap<string, Lease>,
  config: FlannelConfig,
): Operation[] {
  const { backend } = config;
  const operations: Operation[] = [];
  for (const peer of leases.values()) {
    if (peer === own) continue;
    for (const [family, mine] of own.families) {
      const theirs = peer.families.get(family);
      if (theirs === undefined) continue;
      // A peer is direct when `ip route get` of its address names no gateway.
      const direct = contains(own.lan, theirs.publicIp) || onLink6(own, peer, mine, theirs);
      if (backend.type === 'vxlan' && !(backend.directRouting && direct)) {
        overlayPeer(operations, own, peer, family, backend);
      } else if (direct) directPeer(operations, own, peer, theirs);
    }
  }
  return operations;
}

/** Nodes of one LAN share the /64 of their addresses. */
function onLink6(own: Lease, peer: Lease, mine: FamilyLease, theirs: FamilyLease): boolean {
  if (typeof mine.interfaceIp !== 'bigint' || typeof theirs.publicIp !== 'bigint') return false;
  return own.lan.base === peer.lan.base && mine.interfaceIp >> 64n === theirs.publicIp >> 64n;
}

/** `flannel.VNI`, and for IPv6 `flannel-v6.VNI`. */
function deviceName(backend: VxlanBackend, family: Family): string {
  return family === 4 ? `flannel.${backend.vni}` : `flannel-v6.${backend.vni}`;
}

function deviceOperations(
  own: Lease,
  family: Family,
  config: FlannelConfig,
  backend: VxlanBackend,
): Operation[] {
  const lease = own.families.get(family);
  if (lease === undefined) return [];
  const netns = netnsOf(own);
  const name = deviceName(backend, family);
  const origin: Origin = {
    program: 'flannel',
    object: { kind: 'Node', name: own.node.meta.name },
    field: 'spec.podCIDR',
  };
  return [
    {
      op: 'link-add',
      netns,
      link: {
        name,
        kind: 'vxlan',
        mac: lease.vtepMac,
        mtu: podMtu(own, config),
        // flannel's netlink call sends IFLA_TXQLEN 0.
        txQueueLength: 0,
        vni: backend.vni,
        device: EXTERNAL_DEVICE,
        local: lease.interfaceIp,
        dstPort: backend.port === 0 ? KERNEL_VXLAN_PORT : backend.port,
        learning: backend.learning,
      },
      origin,
    },
    {
      op: 'address-add',
      netns,
      device: name,
      ip: lease.subnet.base,
      length: widthOf(family),
      broadcast: false,
      origin,
    },
    { op: 'link-up', netns, name },
  ];
}

/** What every other node writes for a peer is the same: made once and shared. */
interface PeerSpec {
  readonly origin: Origin;
  readonly routes: Map<string, RouteSpec>;
}
const peerSpecs = new WeakMap<Lease, PeerSpec>();

function peerSpec(peer: Lease): PeerSpec {
  let spec = peerSpecs.get(peer);
  if (spec === undefined) {
    const origin: Origin = {
      program: 'flannel',
      object: { kind: 'Node', name: peer.node.meta.name },
      field: 'spec.podCIDR',
    };
    spec = { origin, routes: new Map() };
    peerSpecs.set(peer, spec);
  }
  return spec;
}

function overlayPeer(
  operations: Operation[],
  own: Lease,
  peer: Lease,
  family: Family,
  backend: VxlanBackend,
): void {
  const lease = peer.families.get(family);
  if (lease === undefined) return;
  const { origin, routes } = peerSpec(peer);
  const netns = netnsOf(own);
  const device = deviceName(backend, family);
  const ip = lease.subnet.base;
  const mac = lease.vtepMac;
  let route = routes.get(device);
  if (route === undefined) {
    route = { dst: lease.subnet, via: ip, device, onlink: true };
    routes.set(device, route);
  }
  operations.push(
    { op: 'neighbour-replace', netns, device, ip, mac, state: 'PERMANENT', origin },
    { op: 'fdb-replace', netns, device, mac, dst: lease.publicIp, origin },
    { op: 'route-replace', netns, route, origin },
  );
}

function directPeer(operations: Operation[], own: Lease, peer: Lease, lease: FamilyLease): void {
  const { origin } = peerSpec(peer);
  const route: RouteSpec = { dst: lease.subnet, via: lease.publicIp, device: EXTERNAL_DEVICE };
  operations.push({ op: 'route-replace', netns: netnsOf(own), route, origin });
}

function netnsOf(lease: Lease): string {
  return `node/${lease.node.meta.name}`;
}

/**
 * What host-gw cannot install: one error (PW431) for each LAN with nodes after the first, naming the first node of
 * either.
 */
export function unreachablePeers(leases: ReadonlyMap<string, Lease>, config: FlannelConfig): Diagnostic[] {
  if (config.backend.type !== 'host-gw') return [];
  const firstOf = new Map<string, Lease>();
  for (const lease of leases.values()) {
    const lan = formatCidr(lease.lan);
    if (!firstOf.has(lan)) firstOf.set(lan, lease);
  }
  const [own, ...others] = firstOf.values();
  return own === undefined ? [] : others.flatMap((peer) => unreachable(own, peer));
}

function unreachable(own: Lease, peer: Lease): Diagnostic[] {
  const [theirs] = peer.families.values();
  if (theirs === undefined) return [];
  const [a, b] = [own.node.meta.name, peer.node.meta.name];
  const { source } = own.node.meta;
  return [
    {
      severity: 'error',
      code: 'PW431',
      message: `host-gw: Node ${a} (LAN ${formatCidr(own.lan)}) cannot route ${formatCidr(theirs.subnet)} via ${formatIp(theirs.publicIp)} of Node ${b} (LAN ${formatCidr(peer.lan)}): the next hop is in another subnet`,
      fix: `if ${a} and ${b} are on one LAN, state the networks in a Topology: networks: [{ name: lan, cidr: ... }]; if not, use "Backend": {"Type": "vxlan", "DirectRouting": true}`,
      ...(source === undefined ? {} : { at: { source, path: ['status', 'addresses'] } }),
    },
  ];
}
