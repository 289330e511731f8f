import { formatIp, type Ip } from '../addr/index.ts';
import type { ClusterObjects, Service } from '../k8s/index.ts';
import type { End } from '../kernel/index.ts';

export const NO_READY_POD = 'make the selector match a ready pod, or wait until one is ready';

type Objects = Pick<ClusterObjects, 'services' | 'endpointSlices' | 'pods' | 'nodes'>;

/**
 * What to change where a packet left the cluster for an address that is somebody's here: a Service's, which nothing
 * translated, a pod's or a node's, to which no route led. Undefined: nobody has it.
 */
export function whoseAddress(end: End | undefined, objects: Objects): string | undefined {
  const seen = end?.visit.events.find((e) => e.type === 'receive' || e.type === 'originate');
  if (seen === undefined) return undefined;
  const { dst, dport, protocol } = seen.packet;
  const service = objects.services.find((one) => addressesOf(one).includes(dst));
  if (service !== undefined) return forService(service, objects, protocol, dport);
  const pod = objects.pods.find(({ hostNetwork, podIPs }) => !hostNetwork && podIPs.includes(dst));
  if (pod !== undefined) {
    const { namespace, name } = pod.meta;
    return `look at the route: ${formatIp(dst)} is the address of pod ${namespace}/${name} on ${pod.nodeName}, outside the podCIDR that leads there`;
  }
  const node = objects.nodes.find(({ internalIPs }) => internalIPs.includes(dst));
  return node === undefined
    ? undefined
    : `look at the route: ${formatIp(dst)} is the address of node ${node.meta.name}`;
}

function addressesOf({ clusterIPs, externalIPs, loadBalancerIngress }: Service): Ip[] {
  return [
    ...clusterIPs,
    ...externalIPs,
    ...loadBalancerIngress.flatMap(({ ip }) => (ip === undefined ? [] : [ip])),
  ];
}

function forService(
  service: Service,
  { endpointSlices }: Objects,
  protocol: string,
  dport: number | undefined,
): string {
  const { namespace, name } = service.meta;
  const port = service.ports.find((one) => one.port === dport && one.protocol.toLowerCase() === protocol);
  if (port === undefined && dport !== undefined) {
    const ports = service.ports.map((one) => `${one.port}/${one.protocol}`).join(', ') || 'none';
    return `check the port: Service ${namespace}/${name} has the address, and the ports ${ports}`;
  }
  const served = endpointSlices.some(
    (slice) =>
      slice.serviceName === name &&
      slice.meta.namespace === namespace &&
      slice.ports.some((one) => port === undefined || one.name === port.name) &&
      slice.endpoints.some(({ ready, serving }) => ready || serving),
  );
  return served
    ? `look at kube-proxy's rules: the address is that of Service ${namespace}/${name}, and nothing translated it`
    : NO_READY_POD;
}
