import { compareIp, type Ip } from '../addr/index.ts';
import { didYouMean, type EndpointSlice, type Node, type Service, type ServicePort } from '../k8s/index.ts';
import { type Destination, type DestinationChoice, destinationAt, lower } from './destination.ts';
import type { FlowEnd } from './model.ts';
import { findNode, type TargetScope } from './resolve-source.ts';
import { fail, ok, type PortSpec, type TargetResult } from './target.ts';

/**
 * Where `svc/NAME:PORT` sends its packets. From pods and nodes: the ClusterIP. From outside: the load balancer's
 * address, else the nodePort of a node, else an external IP. A headless Service: every ready endpoint, as its
 * DNS record lists them.
 */
export function resolveService(
  service: Service,
  port: PortSpec | undefined,
  scope: TargetScope,
  choice: DestinationChoice,
): TargetResult<readonly Destination[]> {
  const name = nameOf(service);
  if (service.type === 'ExternalName')
    return fail(`service ${name} is of type ExternalName (${service.externalName}): it has no address`, {
      fix: 'write the IP address of that name',
    });
  if (choice.protocol === 'icmp') return serviceAddresses(service, undefined, scope, choice);
  const found = choosePort(service, port, choice);
  if (!found.ok) return found;
  const named = typeof port === 'string';
  return serviceAddresses(service, { port: found.value, named }, scope, choice);
}

interface ChosenPort {
  readonly port: ServicePort;
  /** Written by name: a client asks for its SRV record, which carries the endpoint's port. */
  readonly named: boolean;
}

function nameOf(service: Service): string {
  return `${service.meta.namespace}/${service.meta.name}`;
}

function listPorts(ports: readonly ServicePort[]): string {
  return ports.map((p) => `${p.port}/${p.protocol}${p.name === '' ? '' : ` (${p.name})`}`).join(', ');
}

/** The port that was meant: by number, by name, or the only one there is. */
function choosePort(
  service: Service,
  port: PortSpec | undefined,
  choice: DestinationChoice,
): TargetResult<ServicePort> {
  const name = nameOf(service);
  if (service.ports.length === 0)
    return fail(`service ${name} has no ports`, { fix: 'trace to a pod: pod/NS/NAME:PORT' });
  const candidates = service.ports.filter(
    (p) => choice.protocol === undefined || lower(p.protocol) === choice.protocol,
  );
  const fix = `its ports: ${listPorts(service.ports)}`;
  const among = choice.protocol === undefined ? 'port' : `${choice.protocol.toUpperCase()} port`;
  if (port === undefined) {
    const tcp = candidates.filter((p) => p.protocol === 'TCP');
    const only = candidates.length === 1 ? candidates[0] : tcp.length === 1 ? tcp[0] : undefined;
    if (only !== undefined) return ok(only);
    return candidates.length === 0
      ? fail(`service ${name} has no ${among}`, { fix })
      : fail(`which ${among} of service ${name}?`, { fix });
  }
  const matching = candidates.filter((p) => (typeof port === 'number' ? p.port === port : p.name === port));
  const match = matching.find((p) => p.protocol === 'TCP') ?? matching[0];
  if (match !== undefined) return ok(match);
  if (typeof port === 'number') return fail(`service ${name} has no ${among} ${port}`, { fix });
  const near = didYouMean(
    port,
    candidates.map((p) => p.name),
  );
  return fail(
    `service ${name} has no ${among} named "${port}"`,
    near === undefined ? { fix } : { didYouMean: near, fix },
  );
}

function serviceAddresses(
  service: Service,
  chosen: ChosenPort | undefined,
  scope: TargetScope,
  choice: DestinationChoice,
): TargetResult<readonly Destination[]> {
  const protocol = chosen === undefined ? 'icmp' : lower(chosen.port.protocol);
  const end: FlowEnd = { kind: 'service', namespace: service.meta.namespace, name: service.meta.name };
  if (service.headless) return headless(service, chosen, scope, end);
  if (choice.source.kind === 'external') return fromOutside(service, chosen?.port, scope, choice, end);
  const ip = service.clusterIPs.find((address) => typeof address === 'number') ?? service.clusterIPs[0];
  if (ip === undefined)
    return fail(`service ${nameOf(service)} has no clusterIP`, { fix: 'set spec.clusterIP' });
  return destinationAt(ip, chosen?.port.port, protocol, end);
}

function fromOutside(
  service: Service,
  port: ServicePort | undefined,
  scope: TargetScope,
  choice: DestinationChoice,
  end: FlowEnd,
): TargetResult<readonly Destination[]> {
  const protocol = port === undefined ? 'icmp' : lower(port.protocol);
  const vip = firstOf(service.loadBalancerIngress.flatMap((i) => (i.ip === undefined ? [] : [i.ip])));
  if (vip !== undefined) return destinationAt(vip, port?.port, protocol, end);
  const exposesNodePorts = service.type === 'NodePort' || service.type === 'LoadBalancer';
  if (exposesNodePorts && (port === undefined || port.nodePort !== 0)) {
    const node = entryNode(scope, choice.via);
    if (!node.ok) return node;
    const ip = firstOf(node.value.internalIPs);
    if (ip === undefined)
      return fail(`node "${node.value.meta.name}" has no address`, { fix: 'give it an InternalIP' });
    return destinationAt(ip, port?.nodePort, protocol, { ...end, node: node.value.meta.name });
  }
  const external = firstOf(service.externalIPs);
  if (external !== undefined) return destinationAt(external, port?.port, protocol, end);
  const message = `service ${nameOf(service)} (type ${service.type}) has no address outside the cluster`;
  if (service.type === 'LoadBalancer')
    return fail(message, { fix: 'give it one in status.loadBalancer.ingress, or allow its nodePorts' });
  return fail(message, {
    fix: 'make it a NodePort or LoadBalancer, or write its ClusterIP to see where such a packet goes',
  });
}

/** IPv4 before IPv6, else the first. */
function firstOf(ips: readonly Ip[]): Ip | undefined {
  return ips.find((ip) => typeof ip === 'number') ?? ips[0];
}

function entryNode(scope: TargetScope, via: string | undefined): TargetResult<Node> {
  if (via !== undefined) return findNode(via, scope.objects);
  const [first] = scope.objects.nodes;
  return first === undefined ? fail('the cluster has no nodes') : ok(first);
}

/**
 * The A record of a headless Service lists its ready endpoints (DNS-based service discovery, section 2.3.2), and
 * no port is translated on the way: a client that asks for port 80 connects to port 80 of a pod. Who writes the
 * port's name means its SRV record, which has the endpoint's own port.
 */
function headless(
  service: Service,
  chosen: ChosenPort | undefined,
  scope: TargetScope,
  end: FlowEnd,
): TargetResult<readonly Destination[]> {
  const slices = scope.objects.endpointSlices.filter(
    (s) =>
      s.serviceName === service.meta.name &&
      s.meta.namespace === service.meta.namespace &&
      s.addressType !== 'FQDN',
  );
  const found = new Map<Ip, Destination>();
  let ipv6 = false;
  for (const slice of slices) {
    const target = slice.ports.find((p) => chosen !== undefined && (p.name ?? '') === chosen.port.name)?.port;
    for (const endpoint of slice.endpoints) {
      const ip = endpoint.addresses[0];
      if (!endpoint.ready || ip === undefined || found.has(ip)) continue;
      if (typeof ip === 'bigint') {
        ipv6 = true;
        continue;
      }
      const port =
        chosen === undefined ? undefined : chosen.named ? (target ?? chosen.port.port) : chosen.port.port;
      const note =
        chosen !== undefined && !chosen.named ? translationNote(service, chosen.port, target) : undefined;
      const protocol = chosen === undefined ? 'icmp' : lower(chosen.port.protocol);
      const at = destinationAt(ip, port, protocol, end, note);
      if (!at.ok) return at;
      for (const destination of at.value) found.set(ip, destination);
    }
  }
  if (found.size > 0) return ok([...found.values()].sort((a, b) => compareIp(a.ip, b.ip)));
  if (ipv6)
    return fail(
      `headless service ${nameOf(service)} has only IPv6 endpoints; IPv6 walking is not modelled yet`,
    );
  return fail(`headless service ${nameOf(service)} has no ready endpoints: its name resolves to nothing`, {
    fix: endpointAdvice(slices, service),
  });
}

function translationNote(
  service: Service,
  port: ServicePort,
  target: number | undefined,
): string | undefined {
  if (target === undefined || target === port.port) return undefined;
  return `service ${nameOf(service)} is headless: no port is translated, so port ${port.port} of a pod is asked for, while its targetPort is ${target}`;
}

function endpointAdvice(slices: readonly EndpointSlice[], service: Service): string {
  const total = slices.reduce((n, slice) => n + slice.endpoints.length, 0);
  if (total > 0) return 'make a pod ready, or set publishNotReadyAddresses';
  return service.selector === undefined
    ? 'give it an EndpointSlice'
    : 'make a running pod match its selector';
}
