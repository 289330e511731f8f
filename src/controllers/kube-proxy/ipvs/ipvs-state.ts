import { contains, type Family, type Ip } from '../../../addr/index.ts';
import type { KubeProxyConfig } from '../../../k8s/index.ts';
import { type Origin, PROTOCOL, type VirtualServer, virtualServerKey } from '../../../kernel/index.ts';
import {
  type CategorizedEndpoints,
  categorizeEndpoints,
  type KubeProxyInput,
  nodeIpOf,
  nodePortAddresses,
  nodePortIps,
  proxyNodeName,
  proxyState,
  type ServiceAddress,
  type ServiceEndpoint,
  type ServicePortInfo,
  type ServicePortState,
  seenFrom,
} from '../common/index.ts';
import {
  addressEntry,
  clusterIpServer,
  loopBackEntry,
  partsOf,
  type Scheduling,
  virtualServer,
} from './port-parts.ts';
import { entryOf, newDrafts, put, type SetDrafts, type SetName } from './sets.ts';

/** A load balancer's port that the node itself may not use. */
export interface ForbiddenBalancer {
  readonly info: ServicePortInfo;
  readonly address: ServiceAddress;
}

/** What one sync comes to on a node in a family, apart from its rules. */
export interface IpvsState {
  /** Addresses of kube-ipvs0, each with what it is for. */
  readonly bound: ReadonlyMap<Ip, Origin>;
  readonly services: ReadonlyMap<string, VirtualServer>;
  readonly sets: SetDrafts;
  readonly forbidden: readonly ForbiddenBalancer[];
}

/** What a service port is worked out with. */
interface Sync {
  readonly bound: Map<Ip, Origin>;
  readonly services: Map<string, VirtualServer>;
  readonly sets: SetDrafts;
  readonly forbidden: ForbiddenBalancer[];
  readonly scheduling: Scheduling;
  readonly nodeName: string;
  readonly nodeIp: Ip;
  /** All addresses of the node apart from kube-ipvs0, loopback and link-local ones. */
  readonly nodeAddresses: ReadonlySet<Ip>;
  readonly nodePortIps: readonly Ip[];
}

const schedulings = new Map<string, Scheduling>();

/** The scheduler; mh also hashes the source port (FlagSourceHash). Equal ones are the same value. */
function schedulingOf({ ipvs: { scheduler } }: KubeProxyConfig): Scheduling {
  let scheduling = schedulings.get(scheduler);
  if (scheduling === undefined) {
    scheduling = { scheduler, flags: { fallback: false, port: scheduler === 'mh' } };
    schedulings.set(scheduler, scheduling);
  }
  return scheduling;
}

/** isValidForSet: addresses of loopback, and of IPv6 those of the link, are nobody's to serve. */
function isServed(ip: Ip): boolean {
  if (typeof ip === 'number') return ip >>> 24 !== 127;
  return ip !== 1n && ip >> 118n !== 0x3fan;
}

function isLoopback(ip: Ip): boolean {
  return typeof ip === 'number' ? ip >>> 24 === 127 : ip === 1n;
}

const states = new WeakMap<KubeProxyInput, Partial<Record<Family, IpvsState>>>();

/**
 * Everything that syncProxyRules of pkg/proxy/ipvs/proxier.go v1.30 leaves on a fresh node in a family, but for its
 * iptables rules; worked out once for the same input. Its `nodeLocalAddresses` must be without kube-ipvs0's.
 */
export function ipvsState(input: KubeProxyInput, family: Family): IpvsState {
  let known = states.get(input);
  if (known === undefined) {
    known = {};
    states.set(input, known);
  }
  known[family] ??= syncAll(input, family);
  return known[family];
}

function syncAll(input: KubeProxyInput, family: Family): IpvsState {
  const { config, node } = input;
  const local = input.nodeLocalAddresses(family);
  const nodeAddresses = new Set(local.filter(isServed));
  const ports = nodePortAddresses(config, family);
  const sync: Sync = {
    bound: new Map(),
    services: new Map(),
    sets: newDrafts(),
    forbidden: [],
    scheduling: schedulingOf(config),
    nodeName: proxyNodeName(input),
    nodeIp: nodeIpOf(input, family),
    nodeAddresses,
    nodePortIps: ports.matchAll
      ? [...nodeAddresses]
      : nodePortIps(ports, local).filter((ip) => !isLoopback(ip)),
  };
  const { ports: states } = proxyState(input.services, input.endpointSlices, family);
  for (const state of states)
    syncPort(sync, state, categorizeEndpoints(state, sync.nodeName, node.meta.labels));
  for (const [ip, origin] of sync.bound) put(sync.sets, 'KUBE-IPVS-IPS', entryOf(origin, { kind: 'ip', ip }));
  return sync;
}

function syncPort(sync: Sync, state: ServicePortState, endpoints: CategorizedEndpoints): void {
  const { info } = state;
  const parts = partsOf(state, sync.scheduling);
  for (const endpoint of seenFrom(sync.nodeName, state).endpoints) {
    if (endpoint.nodeName === sync.nodeName)
      put(sync.sets, 'KUBE-LOOP-BACK', loopBackEntry(parts, info, endpoint));
  }
  put(sync.sets, 'KUBE-CLUSTER-IP', parts.clusterIp);
  if (!sync.bound.has(info.clusterIP)) sync.bound.set(info.clusterIP, parts.clusterIpOrigin);
  serve(sync, clusterIpServer(parts, info, chosen(endpoints, info.internalPolicyLocal)));

  const external = chosen(endpoints, info.externalPolicyLocal);
  const serveAt = (address: ServiceAddress): void => {
    if (!sync.nodeAddresses.has(address.ip) && !sync.bound.has(address.ip))
      sync.bound.set(address.ip, address.origin);
    serve(sync, virtualServer(parts, info, { ...address, port: info.port }, external));
  };
  for (const address of info.externalIPs) {
    const set = info.externalPolicyLocal ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP';
    put(sync.sets, set, addressEntry(info, address.ip, address.origin));
    serveAt(address);
  }
  for (const address of info.loadBalancerVIPs) {
    putLoadBalancer(sync, info, address);
    serveAt(address);
  }
  if (info.nodePort !== 0) {
    // Where no address takes NodePort traffic, the loop over services goes on, and the health check is not reached.
    if (sync.nodePortIps.length === 0) return;
    const origin = { ...info.origin, field: `${info.origin.field}.nodePort` };
    putNodePort(sync, info, origin);
    for (const ip of sync.nodePortIps)
      serve(sync, virtualServer(parts, info, { ip, port: info.nodePort, origin }, external));
  }
  if (info.healthCheckNodePort !== 0) {
    const origin = { ...info.origin, field: 'spec.healthCheckNodePort' };
    put(
      sync.sets,
      'KUBE-HEALTH-CHECK-NODE-PORT',
      entryOf(origin, { kind: 'port', port: info.healthCheckNodePort }),
    );
  }
}

/** Of traffic policy Local the node's endpoints; where it has none, those of the cluster all the same (syncEndpoint). */
function chosen({ cluster, local }: CategorizedEndpoints, policyLocal: boolean): readonly ServiceEndpoint[] {
  return policyLocal && local.length > 0 ? local : cluster;
}

/** Of two services that claim one address and port, the later one gets it (UpdateVirtualServer). */
function serve({ services }: Sync, service: VirtualServer): void {
  services.set(virtualServerKey(service), service);
}

function putLoadBalancer(sync: Sync, info: ServicePortInfo, address: ServiceAddress): void {
  const { sets } = sync;
  const { ip, origin } = address;
  const entry = addressEntry(info, ip, origin);
  put(sets, 'KUBE-LOAD-BALANCER', entry);
  if (info.externalPolicyLocal) put(sets, 'KUBE-LOAD-BALANCER-LOCAL', entry);
  if (info.sourceRanges.length === 0) return;
  put(sets, 'KUBE-LOAD-BALANCER-FW', entry);
  const { fields } = entry.entry;
  for (const { cidr, origin: range } of info.sourceRanges) {
    // hash:ip,port,net takes no prefix of length 0: ipset refuses the entry, and kube-proxy goes on without it.
    if (cidr.length === 0) sets['KUBE-LOAD-BALANCER-SOURCE-CIDR'].wanted = true;
    else {
      const net = { kind: 'net', ip: cidr.base, length: cidr.length } as const;
      put(sets, 'KUBE-LOAD-BALANCER-SOURCE-CIDR', entryOf(range, ...fields, net));
    }
  }
  // A load balancer may leave its address on the node, so that the node's own traffic carries it as source.
  if (info.sourceRanges.some(({ cidr }) => contains(cidr, sync.nodeIp)))
    put(sets, 'KUBE-LOAD-BALANCER-SOURCE-IP', entryOf(origin, ...fields, { kind: 'ip', ip }));
  else sync.forbidden.push({ info, address });
}

const NODE_PORT_SETS: Readonly<Record<ServicePortInfo['protocol'], readonly [SetName, SetName]>> = {
  tcp: ['KUBE-NODE-PORT-TCP', 'KUBE-NODE-PORT-LOCAL-TCP'],
  udp: ['KUBE-NODE-PORT-UDP', 'KUBE-NODE-PORT-LOCAL-UDP'],
  sctp: ['KUBE-NODE-PORT-SCTP-HASH', 'KUBE-NODE-PORT-LOCAL-SCTP-HASH'],
};

function putNodePort({ sets, nodePortIps: ips }: Sync, info: ServicePortInfo, origin: Origin): void {
  const { protocol, nodePort: port } = info;
  const entries =
    protocol === 'sctp'
      ? ips.map((ip) => entryOf(origin, { kind: 'ip', ip }, { kind: 'port', protocol: PROTOCOL.sctp, port }))
      : [entryOf(origin, { kind: 'port', port })];
  const [all, local] = NODE_PORT_SETS[protocol];
  for (const entry of entries) {
    put(sets, all, entry);
    if (info.externalPolicyLocal) put(sets, local, entry);
  }
}
