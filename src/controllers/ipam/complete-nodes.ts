import type { ClusterObjects, Diagnostic, Node, Pod } from '../../k8s/index.ts';
import type { Completion } from './completion.ts';
import {
  checkAddresses,
  completeHosts,
  completeNetworks,
  completeNodeAddresses,
  completeRouters,
} from './lans.ts';
import {
  checkPodCidrs,
  completeFlannel,
  completeKubeProxy,
  completePodCidrs,
  inferPodCidrs,
} from './pod-networks.ts';

/** The nodes of a cluster that lists none. */
const ASSUMED_NODES = ['node1', 'node2'];

/**
 * Completes what surrounds the pods: nodes (node1 and node2, or those that the pods name, when there are none),
 * their LANs, routers, the external client, their addresses and pod CIDRs, and the configurations that follow
 * from them. Errors: PW403 to PW406, PW409.
 */
export function completeNodes(objects: ClusterObjects): Completion {
  const diagnostics: Diagnostic[] = [];
  const given = objects.nodes.length > 0 ? objects.nodes : assumeNodes(objects.pods, diagnostics);
  const networks = completeRouters(completeNetworks(objects.topology, given, diagnostics));
  const addressed = completeNodeAddresses(networks, given, diagnostics);
  const topology = completeHosts(networks, addressed, diagnostics);
  checkAddresses(topology, addressed, diagnostics);
  const inferred = inferPodCidrs(addressed, objects.pods, objects.flannel);
  const flannel = completeFlannel(objects, inferred);
  const nodes = completePodCidrs(inferred, flannel, diagnostics);
  checkPodCidrs(nodes, diagnostics);
  const kubeProxy = completeKubeProxy(objects.kubeProxy, flannel);
  return { objects: { ...objects, nodes, topology, flannel, kubeProxy }, diagnostics };
}

function assumeNodes(pods: readonly Pod[], diagnostics: Diagnostic[]): readonly Node[] {
  const named = new Set(pods.map((p) => p.nodeName).filter((name) => name !== ''));
  const usual = [...named].every((name) => ASSUMED_NODES.includes(name));
  const names = usual ? ASSUMED_NODES : [...named].sort(byNumber);
  diagnostics.push({
    severity: 'note',
    code: 'PW401',
    message: `no Node objects: ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} assumed`,
    fix: 'add the output of: kubectl get nodes -o yaml',
  });
  return names.map((name) => ({
    kind: 'Node',
    meta: {
      name,
      namespace: '',
      labels: new Map([['kubernetes.io/hostname', name]]),
      annotations: new Map(),
      ownerReferences: [],
      deleting: false,
    },
    podCIDRs: [],
    internalIPs: [],
    unschedulable: false,
    taints: [],
    ready: true,
  }));
}

/** node2 before node10, and otherwise by code unit, independent of the locale. */
function byNumber(a: string, b: string): number {
  const split = (s: string): [string, number] => {
    const digits = /\d*$/.exec(s)?.[0] ?? '';
    return [s.slice(0, s.length - digits.length), digits === '' ? -1 : Number(digits)];
  };
  const [headA, numberA] = split(a);
  const [headB, numberB] = split(b);
  if (headA !== headB) return headA < headB ? -1 : 1;
  return numberA - numberB;
}
