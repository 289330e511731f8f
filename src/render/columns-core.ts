import { formatCidr, formatHostPort, formatIp } from '../addr/index.ts';
import type { EndpointSlice, Meta, Namespace, Node, Pod, Service } from '../k8s/index.ts';
import type { Column } from './columns.ts';
import type { Endpoints } from './endpoints.ts';
import { printPod } from './print-pod.ts';

/**
 * The columns of the core kinds, as kubectl has them (pkg/printers/internalversion/printers.go), but for those that
 * no manifest could fill: AGE (nothing here has a clock), VERSION, OS-IMAGE, KERNEL-VERSION, CONTAINER-RUNTIME,
 * NOMINATED NODE, READINESS GATES. A Node's POD-CIDR is one of podwalk's own.
 */

const LIST_LIMIT = 3;

/** `a,b,c + 2 more...`, as kubectl shortens lists. */
function shorten(items: readonly string[], none: string): string {
  if (items.length === 0) return none;
  if (items.length <= LIST_LIMIT) return items.join(',');
  return `${items.slice(0, LIST_LIMIT).join(',')} + ${items.length - LIST_LIMIT} more...`;
}

/** `a=1,b=2`, sorted by key (labels.FormatLabels). */
export function formatPairs(map: ReadonlyMap<string, string> | undefined): string {
  if (map === undefined) return '';
  return [...map]
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}

const ROLE = 'node-role.kubernetes.io/';

export function nodeStatus(node: Node): string {
  return `${node.ready ? 'Ready' : 'NotReady'}${node.unschedulable ? ',SchedulingDisabled' : ''}`;
}

export function nodeRoles(node: Node): string {
  return [...node.meta.labels.keys()]
    .filter((label) => label.startsWith(ROLE))
    .map((label) => label.slice(ROLE.length))
    .sort()
    .join(',');
}

/** The STATUS of `kubectl get pods`. */
export function podStatus(pod: Pod): string {
  return printPod(pod).status;
}

/** The width to which kubectl cuts a load balancer's addresses. */
const LOAD_BALANCER_WIDTH = 16;

function loadBalancer(service: Service, wide: boolean): string {
  const ingress = service.loadBalancerIngress.map((i) => (i.ip === undefined ? i.hostname : formatIp(i.ip)));
  const text = [...new Set(ingress)].sort().join(',');
  return wide || text.length <= LOAD_BALANCER_WIDTH ? text : `${text.slice(0, LOAD_BALANCER_WIDTH - 3)}...`;
}

/** getServiceExternalIP. */
function externalOf(service: Service, wide: boolean): string {
  const own = service.externalIPs.map(formatIp);
  switch (service.type) {
    case 'ExternalName':
      return service.externalName;
    case 'ClusterIP':
    case 'NodePort':
      return own.join(',');
    case 'LoadBalancer': {
      const all = [loadBalancer(service, wide), ...own].filter((text) => text !== '');
      return all.length === 0 ? '<pending>' : all.join(',');
    }
  }
}

/** `80:30080/TCP,53/UDP`. */
export function servicePorts(service: Service): string {
  return service.ports
    .map(({ port, nodePort, protocol }) => `${port}${nodePort === 0 ? '' : `:${nodePort}`}/${protocol}`)
    .join(',');
}

/** `None` of a headless Service, else the first address. */
export function clusterIpOf(service: Service): string {
  const [first] = service.clusterIPs;
  return service.headless ? 'None' : first === undefined ? '' : formatIp(first);
}

/** `10.244.1.2:8080,...` of the ready addresses (formatEndpoints). */
export function formatEndpoints({ subsets }: Endpoints): string {
  const all = subsets.flatMap(({ addresses, ports }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => formatIp(ip));
    return ports.flatMap(({ port }) => addresses.map(({ ip }) => formatHostPort(ip, port ?? 0)));
  });
  return shorten(all, '');
}

export const NAME: Column<{ readonly meta: Meta }> = { head: 'NAME', value: ({ meta }) => meta.name };

export const NODE_COLUMNS: readonly Column<Node>[] = [
  NAME,
  { head: 'STATUS', value: nodeStatus },
  { head: 'ROLES', value: nodeRoles },
  { head: 'INTERNAL-IP', value: (node) => node.internalIPs.map(formatIp).join(','), wide: true },
  { head: 'POD-CIDR', value: (node) => node.podCIDRs.map(formatCidr).join(','), wide: true },
];

export const POD_COLUMNS: readonly Column<Pod>[] = [
  NAME,
  { head: 'READY', value: (pod) => printPod(pod).ready },
  { head: 'STATUS', value: podStatus },
  { head: 'RESTARTS', value: (pod) => `${printPod(pod).restarts}` },
  { head: 'IP', value: (pod) => pod.podIPs.slice(0, 1).map(formatIp).join(''), wide: true },
  { head: 'NODE', value: (pod) => pod.nodeName, wide: true },
];

export const SERVICE_COLUMNS: readonly Column<Service>[] = [
  NAME,
  { head: 'TYPE', value: (service) => service.type },
  { head: 'CLUSTER-IP', value: clusterIpOf },
  { head: 'EXTERNAL-IP', value: externalOf },
  { head: 'PORT(S)', value: servicePorts },
  { head: 'SELECTOR', value: (service) => formatPairs(service.selector), wide: true },
];

export const SLICE_COLUMNS: readonly Column<EndpointSlice>[] = [
  NAME,
  { head: 'ADDRESSTYPE', value: (slice) => slice.addressType },
  {
    head: 'PORTS',
    value: (slice) =>
      shorten(
        slice.ports.map(({ port, name }) => (port === undefined ? name || '*' : `${port}`)),
        '<unset>',
      ),
  },
  {
    head: 'ENDPOINTS',
    value: (slice) =>
      shorten(
        slice.endpoints.flatMap((endpoint) => endpoint.addresses.map(formatIp)),
        '<unset>',
      ),
  },
];

export const ENDPOINTS_COLUMNS: readonly Column<Endpoints>[] = [
  NAME,
  { head: 'ENDPOINTS', value: formatEndpoints },
];

export const NAMESPACE_COLUMNS: readonly Column<Namespace>[] = [
  NAME,
  { head: 'STATUS', value: ({ meta }) => (meta.deleting ? 'Terminating' : 'Active') },
];
