import { formatHostPort, formatIp } from '../addr/index.ts';
import { type Cluster, nodeNetnsId, podNetnsId } from '../cluster/index.ts';
import type { Node, Pod, Service, Workload } from '../k8s/index.ts';
import type { VirtualServer } from '../kernel/index.ts';
import { formatTable } from './columns.ts';
import { clusterIpOf, podStatus, servicePorts } from './columns-core.ts';
import { slicesByService } from './endpoints.ts';
import type { ListedObject } from './objects.ts';
import { ownersIn } from './owners.ts';
import { rulesOfService, type ServiceChain } from './service-chains.ts';
import {
  realServersText,
  schedulingText,
  virtualServerName,
  virtualServersOfService,
} from './service-servers.ts';

/** A thing and what hangs on it: an object, a device, a chain. */
export interface TreeNode {
  readonly namespace: string;
  /** `Service/web`, `veth53842afe`, `KUBE-SVC-...`. */
  readonly name: string;
  /** `True`, `False`, or `-` of what is neither. */
  readonly ready: string;
  readonly detail: string;
  readonly children: readonly TreeNode[];
}

/**
 * What hangs on an object: of a Service its slices, their pods and cables, and its chains; of a workload its pods;
 * of a node its devices and pods. Other kinds are a tree of one.
 */
export function treeOf(object: ListedObject, cluster: Cluster): TreeNode {
  switch (object.kind) {
    case 'Service':
      return serviceTree(object, cluster);
    case 'Pod':
      return podTree(object, cluster);
    case 'Node':
      return nodeTree(object, cluster);
    case 'Deployment':
    case 'ReplicaSet':
    case 'ReplicationController':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'Job':
      return workloadTree(object, cluster);
    case 'NetworkPolicy':
    case 'EndpointSlice':
    case 'Endpoints':
    case 'Namespace':
      return leaf(object.meta.namespace, `${object.kind}/${object.meta.name}`, '');
  }
}

function leaf(namespace: string, name: string, detail: string, children: readonly TreeNode[] = []): TreeNode {
  return { namespace, name, ready: '-', detail, children };
}

function serviceTree(service: Service, cluster: Cluster): TreeNode {
  const { namespace, name } = service.meta;
  const slices = slicesByService(cluster.objects.endpointSlices).get(`${namespace}/${name}`) ?? [];
  const pods = new Map(cluster.objects.pods.map((pod) => [`${pod.meta.namespace}/${pod.meta.name}`, pod]));
  const address = service.type === 'ExternalName' ? service.externalName : clusterIpOf(service);
  const branches = slices.map((slice) => {
    const ports = slice.ports.map(({ port, protocol }) => `${port ?? '*'}/${protocol}`).join(',');
    const targets = slice.endpoints.map((endpoint): TreeNode => {
      const { targetRef } = endpoint;
      const pod = targetRef?.kind === 'Pod' ? pods.get(`${namespace}/${targetRef.name}`) : undefined;
      if (pod !== undefined) return { ...podTree(pod, cluster), ready: truth(endpoint.ready) };
      const of = endpoint.nodeName === '' ? '' : `on ${endpoint.nodeName}`;
      return {
        ...leaf(namespace, endpoint.addresses.map(formatIp).join(','), of),
        ready: truth(endpoint.ready),
      };
    });
    return leaf(namespace, `EndpointSlice/${slice.meta.name}`, `${slice.addressType} ${ports}`, targets);
  });
  return leaf(namespace, `Service/${name}`, `${service.type} ${address} ${servicePorts(service)}`.trimEnd(), [
    ...branches,
    ...chainBranches(service, cluster),
    ...serverBranches(service, cluster),
  ]);
}

/** The virtual servers of a Service with their real ones, each once, with the nodes that hold them so. */
function serverBranches({ meta }: Service, cluster: Cluster): TreeNode[] {
  const found = new Map<string, { readonly server: VirtualServer; readonly nodes: string[] }>();
  for (const node of cluster.objects.nodes) {
    const netns = cluster.world.netns.get(nodeNetnsId(node.meta.name));
    for (const server of netns === undefined ? [] : virtualServersOfService(meta, netns)) {
      const key = `${virtualServerName(server)} ${schedulingText(server)} ${realServersText(server)}`;
      const known = found.get(key) ?? { server, nodes: [] };
      found.set(key, known);
      known.nodes.push(node.meta.name);
    }
  }
  const drawn = new Set<string>();
  return [...found.values()].map(({ server, nodes }) => {
    const on = nodes.length === cluster.objects.nodes.length ? 'every node' : nodes.join(', ');
    // A Service has the same real servers behind most of its addresses.
    const servers = realServersText(server);
    const again = drawn.has(servers);
    drawn.add(servers);
    return leaf(
      meta.namespace,
      virtualServerName(server),
      `virtual server, ${schedulingText(server)}, on ${on}${again ? ', real servers as above' : ''}`,
      again
        ? []
        : server.realServers.map(({ ip, port, forward, weight }) =>
            leaf(meta.namespace, formatHostPort(ip, port), `${forward}, weight ${weight}`),
          ),
    );
  });
}

function truth(ready: boolean): string {
  return ready ? 'True' : 'False';
}

/** The chains of a Service, each once, with the nodes that hold it. */
function chainBranches({ meta }: Service, cluster: Cluster): TreeNode[] {
  const found = new Map<
    string,
    { readonly chain: ServiceChain; readonly nodes: string[]; readonly next: Set<string> }
  >();
  const roots = new Set<string>();
  const visit = (chain: ServiceChain, node: string): void => {
    const known = found.get(chain.name) ?? { chain, nodes: [], next: new Set<string>() };
    found.set(chain.name, known);
    if (!known.nodes.includes(node)) known.nodes.push(node);
    for (const next of chain.next) {
      known.next.add(next.name);
      visit(next, node);
    }
  };
  for (const { meta: node } of cluster.objects.nodes) {
    const netns = cluster.world.netns.get(nodeNetnsId(node.name));
    if (netns === undefined) continue;
    for (const chain of rulesOfService(meta, netns).chains) {
      roots.add(chain.name);
      visit(chain, node.name);
    }
  }
  const everywhere = cluster.objects.nodes.length;
  const drawn = new Set<string>();
  const toTree = (name: string): TreeNode[] => {
    const known = found.get(name);
    if (known === undefined) return [];
    if (drawn.has(name)) return [leaf(meta.namespace, name, 'as above')];
    drawn.add(name);
    const where = known.nodes.length === everywhere ? 'every node' : known.nodes.join(', ');
    const children = [...known.next].flatMap(toTree);
    return [leaf(meta.namespace, name, `${chainDetail(known.chain)} on ${where}`, children)];
  };
  return [...roots].flatMap(toTree);
}

/** What a chain is for: how many ways out, or where it sends. */
function chainDetail({ rules }: ServiceChain): string {
  const dnat = rules.find(({ target }) => target.kind === 'DNAT');
  if (dnat?.target.kind !== 'DNAT') return `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}`;
  const { ip, port } = dnat.target.to;
  return `DNAT to ${ip === undefined ? '' : formatIp(ip)}${port === undefined ? '' : `:${port}`}`;
}

function podTree(pod: Pod, cluster: Cluster): TreeNode {
  const { namespace, name } = pod.meta;
  const place = pod.nodeName === '' ? '' : ` on ${pod.nodeName}`;
  const address = pod.podIPs.map(formatIp).join(',');
  return {
    namespace,
    name: `Pod/${name}`,
    ready: truth(pod.ready),
    detail: `${podStatus(pod) === 'Running' ? '' : `${podStatus(pod)} `}${address}${place}`.trim(),
    children: pod.hostNetwork ? [] : cablesOf(pod, cluster),
  };
}

/** The ends of a pod's cables on its node. */
function cablesOf(pod: Pod, { world }: Cluster): TreeNode[] {
  const netns = world.netns.get(podNetnsId(pod));
  return [...(netns?.links.values() ?? [])].flatMap((link) => {
    if (link.kind !== 'veth') return [];
    const peer = world.netns.get(link.peer.netns)?.links.get(link.peer.name);
    const port = peer?.port === undefined ? '' : `, port ${peer.port.number} of ${peer.port.bridge}`;
    return [leaf(pod.meta.namespace, link.peer.name, `${link.name} of the pod${port}`)];
  });
}

function workloadTree(workload: Workload, cluster: Cluster): TreeNode {
  const owners = ownersIn(cluster.objects);
  const tree = (one: Workload): TreeNode => {
    const { desired, ready } = owners.count(one);
    const sets = owners.replicaSetsOf(one);
    const pods = sets.length > 0 ? [] : owners.podsOf(one);
    return {
      namespace: one.meta.namespace,
      name: `${one.kind}/${one.meta.name}`,
      ready: '-',
      detail: `${ready}/${desired} ready`,
      children: [...sets.map(tree), ...pods.map((pod) => podTree(pod, cluster))],
    };
  };
  return tree(workload);
}

function nodeTree(node: Node, cluster: Cluster): TreeNode {
  const netns = cluster.world.netns.get(nodeNetnsId(node.meta.name));
  const pods = cluster.objects.pods.filter(({ nodeName }) => nodeName === node.meta.name);
  const byVeth = new Map(
    pods.flatMap((pod) => cablesOf(pod, cluster).map(({ name }) => [name, pod] as const)),
  );
  const device = (name: string): TreeNode[] => {
    const link = netns?.links.get(name);
    if (link === undefined) return [];
    const pod = byVeth.get(name);
    const addresses = link.addresses.map(({ ip, length }) => `${formatIp(ip)}/${length}`).join(' ');
    const ports = link.kind === 'bridge' ? link.ports.flatMap(device) : [];
    const below = pod === undefined ? [] : [{ ...podTree(pod, cluster), children: [] }];
    const detail = `${link.kind}${link.up ? '' : ' DOWN'} mtu ${link.mtu} ${addresses}`.trimEnd();
    return [leaf('', name, detail, [...ports, ...below])];
  };
  const top = [...(netns?.links.values() ?? [])].filter(
    (link) => link.kind !== 'loopback' && link.port === undefined,
  );
  const hosted = pods.filter((pod) => pod.hostNetwork).map((pod) => podTree(pod, cluster));
  return {
    namespace: '',
    name: `Node/${node.meta.name}`,
    ready: truth(node.ready),
    detail: node.internalIPs.map(formatIp).join(','),
    children: [...top.flatMap(({ name }) => device(name)), ...hosted],
  };
}

interface Row {
  readonly node: TreeNode;
  readonly drawn: string;
}

/** A tree as the kubectl-tree plugin draws one, a line each. */
export function renderTree(root: TreeNode): string {
  const rows: Row[] = [];
  const draw = (node: TreeNode, before: string, branch: string, below: string): void => {
    rows.push({ node, drawn: `${before}${branch}${node.name}` });
    node.children.forEach((child, i) => {
      const last = i === node.children.length - 1;
      draw(child, before + below, last ? '└─' : '├─', last ? '  ' : '│ ');
    });
  };
  draw(root, '', '', '');
  return formatTable(
    [
      ...(root.namespace === ''
        ? []
        : [{ head: 'NAMESPACE', value: ({ node }: Row) => node.namespace || '-' }]),
      { head: 'NAME', value: ({ drawn }) => drawn },
      { head: 'READY', value: ({ node }) => node.ready },
      { head: 'DETAIL', value: ({ node }) => node.detail || '-' },
    ],
    rows,
  );
}
