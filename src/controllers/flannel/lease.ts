import {
  type Cidr,
  contains,
  containsCidr,
  type Family,
  formatCidr,
  formatIp,
  type Ip,
  isGroupMac,
  type Mac,
  parseIp,
  parseMac,
  stableMac,
} from '../../addr/index.ts';
import type { Diagnostic, FlannelConfig, Node, Topology } from '../../k8s/index.ts';

const PREFIX = 'flannel.alpha.coreos.com/';
/** VXLAN over IPv4: Ethernet 14, IPv4 20, UDP 8, VXLAN 8; flannel takes the same off for IPv6. */
const VXLAN_OVERHEAD = 50;
const DEFAULT_MTU = 1500;

/** What flannel knows of a node in one family. */
export interface FamilyLease {
  readonly subnet: Cidr;
  /** The address of the external interface. */
  readonly interfaceIp: Ip;
  /** What peers are told. */
  readonly publicIp: Ip;
  readonly vtepMac: Mac;
}

/** A node's lease: its subnets and how peers reach them. */
export interface Lease {
  readonly node: Node;
  /** The LAN of the external interface; its neighbours are reached without a gateway. */
  readonly lan: Cidr;
  /** The MTU of the external interface. */
  readonly mtu: number;
  readonly families: ReadonlyMap<Family, FamilyLease>;
}

export interface Leases {
  /** By node name, in the order of nodes. */
  readonly leases: ReadonlyMap<string, Lease>;
  readonly diagnostics: readonly Diagnostic[];
}

/** The leases of all nodes that flannel manages. Errors: PW430, PW432, PW434, PW436; warning PW435. */
export function leasesOf(nodes: readonly Node[], config: FlannelConfig, topology: Topology): Leases {
  const leases = new Map<string, Lease>();
  const diagnostics: Diagnostic[] = [];
  for (const node of nodes) {
    // A node that says it is managed by something else is skipped, as the subnet manager does.
    const managed = annotation(node, 'kube-subnet-manager');
    if (managed !== undefined && managed !== 'true') continue;
    const network = topology.networks.find((n) => node.internalIPs.some((ip) => contains(n.cidr, ip)));
    if (network === undefined) continue;
    const families = new Map<Family, FamilyLease>();
    for (const family of [4, 6] as const) {
      const lease = familyLease(node, family, config, diagnostics);
      if (lease !== undefined) families.set(family, lease);
    }
    if (families.size > 0) {
      leases.set(node.meta.name, { node, lan: network.cidr, mtu: network.mtu || DEFAULT_MTU, families });
    } else if (node.podCIDRs.every((cidr) => !enables(config, cidr)))
      diagnostics.push(noSubnet(node, config));
  }
  return { leases, diagnostics };
}

function enables(config: FlannelConfig, { base }: Cidr): boolean {
  return typeof base === 'number' ? config.enableIPv4 : config.enableIPv6;
}

/** A node whose podCIDRs are all of a family that flannel's configuration leaves out: its pods would get no address. */
function noSubnet(node: Node, config: FlannelConfig): Diagnostic {
  const own = node.podCIDRs.map(formatCidr).join(', ');
  const family = config.enableIPv4 ? 'IPv4' : 'IPv6';
  return {
    severity: 'error',
    code: 'PW436',
    message: `Node ${node.meta.name} has no ${family} podCIDR (only ${own}), and flannel's network is ${family}: its pods get no address`,
    fix: `give the node a podCIDR of ${family} too, or set ${family === 'IPv4' ? 'EnableIPv6 and IPv6Network' : 'EnableIPv4 and Network'} in kube-flannel-cfg`,
    ...at(node, 'spec', 'podCIDR'),
  };
}

/** The MTU of pods and of the overlay device (FLANNEL_MTU of subnet.env). */
export function podMtu(lease: Lease, config: FlannelConfig): number {
  const { backend } = config;
  if (backend.type === 'host-gw') return lease.mtu;
  return (backend.mtu > 0 ? backend.mtu : lease.mtu) - VXLAN_OVERHEAD;
}

function familyLease(
  node: Node,
  family: Family,
  config: FlannelConfig,
  diagnostics: Diagnostic[],
): FamilyLease | undefined {
  const network = family === 4 ? config.network : config.ipv6Network;
  const enabled = family === 4 ? config.enableIPv4 : config.enableIPv6;
  if (!enabled || network === undefined) return undefined;
  const subnet = node.podCIDRs.find((c) => (typeof c.base === 'number') === (family === 4));
  const interfaceIp = node.internalIPs.find((ip) => (typeof ip === 'number') === (family === 4));
  if (subnet === undefined || interfaceIp === undefined) return undefined;
  if (!containsCidr(network, subnet)) diagnostics.push(outside(node, subnet, network));
  const publicIp = publicIpOf(node, family, interfaceIp, diagnostics);
  if (config.backend.type === 'host-gw' && publicIp !== interfaceIp) {
    diagnostics.push({
      severity: 'error',
      code: 'PW432',
      message: `Node ${node.meta.name}: your PublicIP (${formatIp(publicIp)}) differs from the interface IP (${formatIp(interfaceIp)}), meaning that probably you're on a NAT, which is not supported by host-gw backend`,
      fix: `remove the public-ip annotations of the node, or use the vxlan backend`,
      ...at(node, 'metadata', 'annotations'),
    });
  }
  const vtepMac = vtepMacOf(node, family, config, diagnostics);
  return { subnet, interfaceIp, publicIp, vtepMac };
}

function annotation(node: Node, name: string): string | undefined {
  return node.meta.annotations.get(PREFIX + name);
}

/** public-ip-overwrite wins, then what flanneld has written, then what replaces its --public-ip. */
function publicIpOf(node: Node, family: Family, own: Ip, diagnostics: Diagnostic[]): Ip {
  const names =
    family === 4
      ? ['public-ip-overwrite', 'public-ip', 'node-public-ip']
      : ['public-ipv6-overwrite', 'public-ipv6', 'node-public-ipv6'];
  for (const name of names) {
    const text = annotation(node, name);
    if (text === undefined || text === '') continue;
    const ip = parseIp(text);
    if (ip !== undefined && (typeof ip === 'number') === (family === 4)) return ip;
    diagnostics.push({
      severity: 'error',
      code: 'PW434',
      message: `annotation ${PREFIX}${name} of Node ${node.meta.name}: Invalid value: "${text}": must be an IPv${family} address`,
      fix: `write the address by which peers reach the node, for instance ${formatIp(own)}`,
      ...at(node, 'metadata', 'annotations', PREFIX + name),
    });
  }
  return own;
}

/** The VtepMAC of the annotation, which flanneld re-uses when it restarts; else one that is always the same. */
function vtepMacOf(node: Node, family: Family, config: FlannelConfig, diagnostics: Diagnostic[]): Mac {
  const assumed = stableMac(`flannel/${family}/${node.meta.name}`);
  const name = family === 4 ? 'backend-data' : 'backend-v6-data';
  const text = annotation(node, name);
  // host-gw writes `null`; other backends' data is overwritten when flanneld starts with this one.
  if (config.backend.type !== 'vxlan' || text === undefined || text === 'null') return assumed;
  const mac = parseMac(vtepMacText(text) ?? '');
  if (mac !== undefined && mac !== 0 && !isGroupMac(mac)) return mac;
  diagnostics.push({
    severity: 'warning',
    code: 'PW435',
    message: `annotation ${PREFIX}${name} of Node ${node.meta.name} has no usable VtepMAC: ${text}; one is assumed`,
    fix: 'write it as flannel does: {"VNI":1,"VtepMAC":"aa:bb:cc:00:00:01"}',
    ...at(node, 'metadata', 'annotations', PREFIX + name),
  });
  return assumed;
}

function vtepMacText(text: string): string | undefined {
  try {
    const data: unknown = JSON.parse(text);
    if (typeof data !== 'object' || data === null || !('VtepMAC' in data)) return undefined;
    return typeof data.VtepMAC === 'string' ? data.VtepMAC : undefined;
  } catch {
    return undefined;
  }
}

function outside(node: Node, subnet: Cidr, network: Cidr): Diagnostic {
  const [net, pod] = [formatCidr(network), formatCidr(subnet)];
  return {
    severity: 'error',
    code: 'PW430',
    message: `subnet "${net}" specified in the flannel net config doesn't contain "${pod}" PodCIDR of the "${node.meta.name}" node`,
    fix: `set Network in kube-flannel-cfg to a range that holds ${pod}, or give the node a podCIDR inside ${net}`,
    ...at(node, 'spec', 'podCIDR'),
  };
}

function at(node: Node, ...path: string[]): Pick<Diagnostic, 'at'> {
  return node.meta.source === undefined ? {} : { at: { source: node.meta.source, path } };
}
