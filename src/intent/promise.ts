import { type Cidr, contains, formatIp, type Ip, isLoopback } from '../addr/index.ts';
import type {
  ClusterObjects,
  ListenEvidence,
  Node,
  Pod,
  Protocol,
  Service,
  ServicePort,
} from '../k8s/index.ts';
import { DEFAULT_CNI, isFinished } from '../k8s/index.ts';
import type { Destination, Endpoint, Promised, Source } from '../trace/index.ts';
import { assumedPorts, backendsOf, hasBackends, isListed, readyOn } from './backends.ts';

/** Who asks whom; from resolveSource and resolveDestination. */
export interface Asked {
  readonly source: Source;
  readonly destination: Destination;
  /** The node by which traffic from outside enters. */
  readonly via?: string;
}

/** Who may answer, by the objects alone: Services, endpoints, traffic policies, source ranges, who listens. */
export function promise(objects: ClusterObjects, asked: Asked): Promised {
  const { destination } = asked;
  const { ip } = destination;
  if (isLoopback(ip)) return onLoopback(objects, asked);
  const cluster = objects.services.find((s) => s.clusterIPs.includes(ip));
  if (cluster !== undefined) return atService(objects, asked, cluster, 'clusterIP');
  const balanced = objects.services.find((s) =>
    s.loadBalancerIngress.some((i) => i.ip === ip && i.ipMode === 'VIP'),
  );
  if (balanced !== undefined) return atService(objects, asked, balanced, 'loadBalancer');
  const external = objects.services.find((s) => s.externalIPs.includes(ip));
  if (external !== undefined) return atService(objects, asked, external, 'externalIP');
  const pod = objects.pods.find((p) => !p.hostNetwork && !isFinished(p) && p.podIPs.includes(ip));
  if (pod !== undefined)
    return asked.source.kind === 'external'
      ? nothing(`the address of pod ${pod.meta.namespace}/${pod.meta.name} is inside the cluster only`)
      : atPod(objects, destination, pod);
  const node = objects.nodes.find((n) => n.internalIPs.includes(ip));
  if (node !== undefined) return atNode(objects, asked, node);
  const host = objects.topology.hosts.find((h) => h.ip === ip);
  if (host === undefined) return nothing(`no Service, pod, node or host has the address ${formatIp(ip)}`);
  const { protocol, port } = destination;
  const listens =
    protocol === 'icmp' || host.listens.some((l) => lower(l.protocol) === protocol && l.port === port);
  return listens
    ? { kind: 'answer', endpoints: [at({ host: host.name }, ip, destination)] }
    : refuse(`host ${host.name} listens on no ${protocol}/${port}`);
}

function nothing(why: string): Promised {
  return { kind: 'nothing', why };
}

function refuse(why: string): Promised {
  return { kind: 'refuse', why };
}

function lower(protocol: Protocol): 'tcp' | 'udp' | 'sctp' {
  return protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : 'sctp';
}

function at(who: Omit<Endpoint, 'ip' | 'port'>, ip: Ip, { port, protocol }: Destination): Endpoint {
  return { ...who, ip: formatIp(ip), ...(port === undefined || protocol === 'icmp' ? {} : { port }) };
}

function nameOf({ meta }: Service): string {
  return `Service ${meta.namespace}/${meta.name}`;
}

/** By which of its addresses a Service is asked. */
export type Face = 'clusterIP' | 'loadBalancer' | 'externalIP' | 'nodePort';

function atService(
  objects: ClusterObjects,
  asked: Asked,
  service: Service,
  face: Exclude<Face, 'nodePort'>,
): Promised {
  const { port, protocol } = asked.destination;
  if (protocol === 'icmp') return nothing(`${nameOf(service)} answers on its ports only, not to ICMP`);
  const found = service.ports.find((p) => p.port === port && lower(p.protocol) === protocol);
  if (found === undefined) return nothing(`${nameOf(service)} has no port ${port}/${protocol}`);
  const node = entryNode(objects, asked, service);
  if (face === 'clusterIP' && asked.source.kind === 'external')
    return nothing(`${nameOf(service)} has its clusterIP inside the cluster only`);
  if (face === 'clusterIP')
    return throughPolicy(objects, service, found, node, service.internalTrafficPolicy);
  if (face === 'loadBalancer' && !isAdmitted(objects, asked, service))
    return nothing(`spec.loadBalancerSourceRanges of ${nameOf(service)} does not hold the sender`);
  return fromOutside(objects, asked, service, found, node);
}

/** Whether spec.loadBalancerSourceRanges lets the sender in; an empty list lets everybody in. */
export function isAdmitted(objects: ClusterObjects, asked: Asked, service: Service): boolean {
  const ranges = service.loadBalancerSourceRanges;
  const source = senderAddress(objects, asked.source);
  return ranges.length === 0 || (source !== undefined && ranges.some((range) => contains(range, source)));
}

/** The address that a sender has where its packet is first looked at. */
export function senderAddress(objects: ClusterObjects, { kind, ip, end }: Source): Ip | undefined {
  if (ip !== undefined) return ip;
  switch (kind) {
    case 'pod': {
      const pod = objects.pods.find((p) => p.meta.name === end.name && p.meta.namespace === end.namespace);
      return pod?.podIPs.find((a) => typeof a === 'number');
    }
    case 'node':
      return objects.nodes
        .find((n) => n.meta.name === end.node)
        ?.internalIPs.find((a) => typeof a === 'number');
    case 'external':
      return objects.topology.hosts.find((h) => h.name === end.name)?.ip;
  }
}

/** The node whose kube-proxy sees the packet first: the sender's own, or for one from outside the node that it enters by. */
function entryNode(objects: ClusterObjects, asked: Asked, service: Service): string | undefined {
  if (asked.source.kind !== 'external') return asked.source.end.node;
  if (asked.via !== undefined) return asked.via;
  const ready = objects.nodes.filter((n) => n.ready).map((n) => n.meta.name);
  if (service.externalTrafficPolicy !== 'Local') return ready[0];
  return ready.find((node) => readyOn(objects, service, node)) ?? ready[0];
}

/**
 * Traffic for an external address or a node port. With policy Local only endpoints of the node that it enters by,
 * which keeps the client's address; pods and the node itself, that are inside already, get any.
 */
function fromOutside(
  objects: ClusterObjects,
  { source }: Asked,
  service: Service,
  port: ServicePort,
  node: string | undefined,
): Promised {
  const inside = source.kind !== 'external' && source.end.node === node && isKnownInside(objects, source);
  return throughPolicy(objects, service, port, node, inside ? 'Cluster' : service.externalTrafficPolicy);
}

/** Whether kube-proxy takes a sender for one inside: a node for its own address, a pod as detectLocalMode says. */
function isKnownInside(objects: ClusterObjects, source: Source): boolean {
  if (source.netnsId.startsWith('node/')) return true;
  const { detectLocalMode, clusterCIDR, bridgeInterface, interfaceNamePrefix } = objects.kubeProxy;
  // By which pods' packets reach their node.
  const { bridge: podBridge } = objects.cni ?? DEFAULT_CNI;
  const ip = senderAddress(objects, source);
  const holds = (ranges: readonly Cidr[]): boolean =>
    ip !== undefined && ranges.some((range) => contains(range, ip));
  switch (detectLocalMode) {
    case 'ClusterCIDR':
      return holds(clusterCIDR);
    case 'NodeCIDR':
      return holds(objects.nodes.find((n) => n.meta.name === source.end.node)?.podCIDRs ?? []);
    case 'BridgeInterface':
      return bridgeInterface === podBridge;
    case 'InterfaceNamePrefix':
      return interfaceNamePrefix !== '' && podBridge.startsWith(interfaceNamePrefix);
  }
}

function throughPolicy(
  objects: ClusterObjects,
  service: Service,
  port: ServicePort,
  node: string | undefined,
  policy: 'Cluster' | 'Local',
): Promised {
  const endpoints = backendsOf(objects, service, port, policy === 'Local' ? { local: node } : { near: node });
  if (endpoints.length > 0) return { kind: 'answer', endpoints };
  const name = nameOf(service);
  if (policy === 'Local' && hasBackends(objects, service, port))
    return nothing(
      `${name} has no local endpoints on ${node ?? 'that node'}, and its traffic policy is Local`,
    );
  return refuse(`${name} has no endpoints`);
}

function atPod(objects: ClusterObjects, destination: Destination, pod: Pod): Promised {
  const { namespace, name } = pod.meta;
  const { protocol, port, ip } = destination;
  if (protocol !== 'icmp' && !listens(objects, pod, protocol, port))
    return refuse(`pod ${namespace}/${name} declares no port ${port}/${protocol}`);
  return { kind: 'answer', endpoints: [at({ namespace, pod: name, node: pod.nodeName }, ip, destination)] };
}

/**
 * A pod listens on the ports that it declares, and where else something of it says so; one that declares none on every
 * targetPort that Services send it, too.
 */
function listens(objects: ClusterObjects, pod: Pod, protocol: string, port: number | undefined): boolean {
  if (port === undefined) return false;
  if (objects.listeners === 'any' && !pod.hostNetwork) return true;
  const { evidence = [] } = pod;
  const own = evidence.filter((one) => one.port === port && lower(one.protocol) === protocol);
  if (own.some(({ stated, loopback }) => stated && loopback)) return false;
  if (pod.ports.some((p) => p.containerPort === port && lower(p.protocol) === protocol)) return true;
  const counts = ({ stated, loopback }: ListenEvidence): boolean =>
    !loopback && (stated || !pod.hostNetwork || pod.ports.length > 0);
  if (own.some(counts)) return true;
  if (pod.ports.length > 0 || evidence.some(({ stated }) => stated)) return false;
  return assumedPorts(objects, pod, protocol).has(port);
}

function atNode(objects: ClusterObjects, asked: Asked, node: Node): Promised {
  const { destination } = asked;
  const { port, protocol, ip } = destination;
  const { name } = node.meta;
  const owner = { node: name };
  if (protocol === 'icmp') return { kind: 'answer', endpoints: [at(owner, ip, destination)] };
  const viaPort = nodePortOf(objects, destination);
  if (viaPort !== undefined && opensOn(objects, ip))
    return fromOutside(objects, asked, viaPort.service, viaPort.port, name);
  const here = objects.pods.filter((p) => p.nodeName === name && !isFinished(p));
  const onHost = here.find((p) => p.hostNetwork && listens(objects, p, protocol, port));
  if (onHost !== undefined) {
    const { namespace, name: pod } = onHost.meta;
    return { kind: 'answer', endpoints: [at({ namespace, pod, node: name }, ip, destination)] };
  }
  for (const pod of here) {
    const mapped = pod.ports.find(
      (c) => c.hostPort === port && lower(c.protocol) === protocol && (c.hostIP ?? ip) === ip,
    );
    const address = pod.podIPs.find((a) => typeof a === 'number');
    if (pod.hostNetwork || mapped === undefined || address === undefined) continue;
    const { namespace, name: podName } = pod.meta;
    const on = { ...destination, port: mapped.containerPort };
    return { kind: 'answer', endpoints: [at({ namespace, pod: podName, node: name }, address, on)] };
  }
  const checked =
    protocol === 'tcp' &&
    objects.services.some((s) => s.healthCheckNodePort !== 0 && s.healthCheckNodePort === port);
  if (checked || (port !== undefined && isListed(objects, ip, protocol, port)))
    return { kind: 'answer', endpoints: [at(owner, ip, destination)] };
  return refuse(`node ${name} listens on no ${protocol}/${port}, and no Service has it as its nodePort`);
}

/** The Service whose nodePort is asked for. */
export function nodePortOf(
  objects: ClusterObjects,
  { port, protocol }: Destination,
): { readonly service: Service; readonly port: ServicePort } | undefined {
  for (const service of objects.services) {
    if (service.type !== 'NodePort' && service.type !== 'LoadBalancer') continue;
    const found = service.ports.find(
      (p) => p.nodePort !== 0 && p.nodePort === port && lower(p.protocol) === protocol,
    );
    if (found !== undefined) return { service, port: found };
  }
  return undefined;
}

/** Whether kube-proxy opens node ports on an address (nodePortAddresses). */
export function opensOn({ kubeProxy }: ClusterObjects, ip: Ip): boolean {
  const { nodePortAddresses } = kubeProxy;
  return nodePortAddresses.length === 0 || nodePortAddresses.some((range) => contains(range, ip));
}

/** 127.0.0.1 is the sender itself; on a node kube-proxy opens node ports there too (localhostNodePorts). */
function onLoopback(objects: ClusterObjects, asked: Asked): Promised {
  const { destination, source } = asked;
  const { port, protocol, ip } = destination;
  const node = source.netnsId.startsWith('node/') ? source.end.node : undefined;
  if (node !== undefined) {
    const viaPort = nodePortOf(objects, destination);
    const open = objects.kubeProxy.iptables.localhostNodePorts && opensOn(objects, ip);
    if (viaPort !== undefined && open)
      return fromOutside(objects, asked, viaPort.service, viaPort.port, node);
    return protocol === 'icmp'
      ? { kind: 'answer', endpoints: [at({ node }, ip, destination)] }
      : refuse(`node ${node} listens on no ${protocol}/${port} of ${formatIp(ip)}`);
  }
  const pod = objects.pods.find(
    (p) => p.meta.name === source.end.name && p.meta.namespace === source.end.namespace,
  );
  return pod === undefined ? refuse('nothing listens there') : atPod(objects, destination, pod);
}
