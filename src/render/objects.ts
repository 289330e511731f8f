import { formatCidr, formatIp } from '../addr/index.ts';
import type { ClusterObjects, EndpointSlice, Meta, Namespace, Node, Pod, Service } from '../k8s/index.ts';
import { type Column, formatTable } from './columns.ts';

/**
 * What `get` lists, in kubectl's columns (pkg/printers/internalversion/printers.go). AGE is left out: nothing here
 * has a clock. So are columns of what is not modelled: VERSION, RESTARTS, NOMINATED NODE, READINESS GATES.
 */
export type ObjectKind = Node | Pod | Service | EndpointSlice | Namespace;

export const KINDS = ['nodes', 'pods', 'services', 'endpointslices', 'namespaces'] as const;
export type KindName = (typeof KINDS)[number];

const LIST_LIMIT = 3;

/** `a,b,c + 2 more...`, as kubectl shortens lists. */
function shorten(items: readonly string[]): string {
  if (items.length <= LIST_LIMIT) return items.join(',');
  return `${items.slice(0, LIST_LIMIT).join(',')} + ${items.length - LIST_LIMIT} more...`;
}

function pairs(map: ReadonlyMap<string, string> | undefined): string {
  return map === undefined ? '' : [...map].map(([key, value]) => `${key}=${value}`).join(',');
}

const ROLE = 'node-role.kubernetes.io/';

function nodeStatus(node: Node): string {
  return `${node.ready ? 'Ready' : 'NotReady'}${node.unschedulable ? ',SchedulingDisabled' : ''}`;
}

function nodeRoles(node: Node): string {
  return [...node.meta.labels.keys()]
    .filter((label) => label.startsWith(ROLE))
    .map((label) => label.slice(ROLE.length))
    .sort()
    .join(',');
}

function podStatus(pod: Pod): string {
  if (pod.meta.deleting) return 'Terminating';
  return pod.phase === 'Succeeded' ? 'Completed' : pod.phase === 'Failed' ? 'Error' : pod.phase;
}

function externalOf(service: Service): string {
  if (service.type === 'ExternalName') return service.externalName;
  const ingress = service.loadBalancerIngress.map((i) =>
    i.ip === undefined ? (i.hostname ?? '') : formatIp(i.ip),
  );
  const all = [...(service.type === 'LoadBalancer' ? ingress : []), ...service.externalIPs.map(formatIp)];
  return all.length === 0 && service.type === 'LoadBalancer' ? '<pending>' : all.join(',');
}

function servicePorts(service: Service): string {
  return service.ports
    .map(({ port, nodePort, protocol }) => `${port}${nodePort === 0 ? '' : `:${nodePort}`}/${protocol}`)
    .join(',');
}

const NAME = { head: 'NAME', value: ({ meta }: { readonly meta: Meta }): string => meta.name };
const NAMESPACE = { head: 'NAMESPACE', value: ({ meta }: { readonly meta: Meta }): string => meta.namespace };

const NODE_COLUMNS: readonly Column<Node>[] = [
  NAME,
  { head: 'STATUS', value: nodeStatus },
  { head: 'ROLES', value: nodeRoles },
  { head: 'INTERNAL-IP', value: (node) => node.internalIPs.map(formatIp).join(','), wide: true },
  { head: 'POD-CIDR', value: (node) => node.podCIDRs.map(formatCidr).join(','), wide: true },
];

const POD_COLUMNS: readonly Column<Pod>[] = [
  NAME,
  { head: 'READY', value: (pod) => (pod.ready ? 'True' : 'False') },
  { head: 'STATUS', value: podStatus },
  { head: 'IP', value: (pod) => pod.podIPs.map(formatIp).join(','), wide: true },
  { head: 'NODE', value: (pod) => pod.nodeName, wide: true },
];

const SERVICE_COLUMNS: readonly Column<Service>[] = [
  NAME,
  { head: 'TYPE', value: (service) => service.type },
  {
    head: 'CLUSTER-IP',
    value: (service) => (service.headless ? 'None' : service.clusterIPs.map(formatIp).join(',')),
  },
  { head: 'EXTERNAL-IP', value: externalOf },
  { head: 'PORT(S)', value: servicePorts },
  { head: 'SELECTOR', value: (service) => pairs(service.selector), wide: true },
];

const SLICE_COLUMNS: readonly Column<EndpointSlice>[] = [
  NAME,
  { head: 'ADDRESSTYPE', value: (slice) => slice.addressType },
  {
    head: 'PORTS',
    value: (slice) => shorten(slice.ports.map((p) => (p.port === undefined ? '*' : `${p.port}`))),
  },
  {
    head: 'ENDPOINTS',
    value: (slice) => shorten(slice.endpoints.flatMap((endpoint) => endpoint.addresses.map(formatIp))),
  },
];

const NAMESPACE_COLUMNS: readonly Column<Namespace>[] = [
  NAME,
  { head: 'STATUS', value: ({ meta }) => (meta.deleting ? 'Terminating' : 'Active') },
];

/** Objects of one kind, ready to be printed. */
export interface Listed {
  readonly objects: readonly ObjectKind[];
  readonly table: (wide: boolean, withNamespace: boolean) => string;
  /** As `-o name` writes them: `pod/web-0`. */
  readonly names: string;
}

interface Shown<T extends ObjectKind> {
  readonly all: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly prefix: string;
}

/** The objects of a kind that `keep` takes, sorted by namespace and name as the API server lists them. */
export function listObjects(kind: KindName, objects: ClusterObjects, keep: (meta: Meta) => boolean): Listed {
  const list = <T extends ObjectKind>({ all, columns, prefix }: Shown<T>): Listed => {
    const found = all.filter(({ meta }) => keep(meta)).sort((a, b) => compareMeta(a.meta, b.meta));
    return {
      objects: found,
      table: (wide, withNamespace) =>
        formatTable(withNamespace ? [NAMESPACE, ...columns] : columns, found, wide),
      names: found.map(({ meta }) => `${prefix}/${meta.name}\n`).join(''),
    };
  };
  switch (kind) {
    case 'nodes':
      return list({ all: objects.nodes, columns: NODE_COLUMNS, prefix: 'node' });
    case 'pods':
      return list({ all: objects.pods, columns: POD_COLUMNS, prefix: 'pod' });
    case 'services':
      return list({ all: objects.services, columns: SERVICE_COLUMNS, prefix: 'service' });
    case 'endpointslices':
      return list({
        all: objects.endpointSlices,
        columns: SLICE_COLUMNS,
        prefix: 'endpointslice.discovery.k8s.io',
      });
    case 'namespaces':
      return list({ all: objects.namespaces, columns: NAMESPACE_COLUMNS, prefix: 'namespace' });
  }
}

function compareMeta(a: Meta, b: Meta): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
