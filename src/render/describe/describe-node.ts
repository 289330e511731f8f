import { formatCidr, formatIp } from '../../addr/index.ts';
import { type Cluster, nodeNetnsId } from '../../cluster/index.ts';
import type { Node, Pod } from '../../k8s/index.ts';
import { isFinished } from '../../k8s/index.ts';
import { type Netns, rulesetOf } from '../../kernel/index.ts';
import { type Column, formatTable } from '../columns.ts';
import { nodeRoles, podStatus } from '../columns-core.ts';
import { deviceTable, routeLines, socketTable } from '../netns-lines.ts';
import { compareMeta } from '../objects.ts';
import { metadataFields } from './metadata.ts';
import { type Field, formatFields, formatSection } from './page.ts';

/** What `kubectl describe node` says, then the node's devices, routes, rules and what listens on it. */
export function describeNode(node: Node, cluster: Cluster): string {
  const [name, ...labels] = metadataFields(node.meta);
  const fields: Field[] = [
    ...(name === undefined ? [] : [name]),
    ['Roles', nodeRoles(node)],
    ...labels,
    [
      'Taints',
      node.taints.map(({ key, value, effect }) => `${key}${value === '' ? '' : `=${value}`}:${effect}`),
    ],
    ['Unschedulable', `${node.unschedulable}`],
    ['Ready', node.ready ? 'True' : 'False'],
    ['InternalIP', node.internalIPs.map(formatIp)],
    ['PodCIDR', node.podCIDRs.slice(0, 1).map(formatCidr)],
    ['PodCIDRs', node.podCIDRs.map(formatCidr).join(',')],
  ];
  const pods = cluster.objects.pods
    .filter((pod) => pod.nodeName === node.meta.name && !isFinished(pod))
    .sort((a, b) => compareMeta(a.meta, b.meta));
  const netns = cluster.world.netns.get(nodeNetnsId(node.meta.name));
  return [
    formatFields(fields),
    formatSection(`Non-terminated Pods (${pods.length})`, pods.length === 0 ? '' : formatTable(PODS, pods)),
    ...(netns === undefined ? [] : stateOf(netns, cluster)),
  ].join('');
}

const PODS: readonly Column<Pod>[] = [
  { head: 'NAMESPACE', value: ({ meta }) => meta.namespace },
  { head: 'NAME', value: ({ meta }) => meta.name },
  { head: 'STATUS', value: podStatus },
  { head: 'IP', value: ({ podIPs }) => podIPs.map(formatIp).join(',') },
];

function stateOf(netns: Netns, { world }: Cluster): string[] {
  return [
    formatSection('Devices', deviceTable(netns)),
    formatSection('Routes', routeLines(netns, world)),
    formatSection('Listens', socketTable(netns.sockets)),
    formatSection('Rules', rulesOf(netns)),
  ];
}

/** How many rules each table of iptables has. */
function rulesOf(netns: Netns): string {
  const tables = [...rulesetOf(netns, 4).tables.values()].map(({ name, chains }) => {
    const rules = [...chains.values()].reduce((sum, chain) => sum + chain.rules.length, 0);
    return `${name}: ${rules} ${rules === 1 ? 'rule' : 'rules'} in ${chains.size} chains\n`;
  });
  if (tables.length === 0) return '';
  return `${tables.join('')}(podwalk dump iptables-save --node ${netns.label} ...)`;
}
