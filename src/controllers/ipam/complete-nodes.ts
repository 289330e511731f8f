import { ASSUMED_NODES, type ClusterObjects, type Diagnostic, type Node } from '../../k8s/index.ts';
import type { Completion } from './completion.ts';
import { checkAddresses, completeHosts, completeNodeAddresses, completeRouters } from './lans.ts';
import { completeFlannel, completeKubeProxy, completePodCidrs, inferPodCidrs } from './pod-networks.ts';

/**
 * Completes what surrounds the pods: the nodes themselves when there are none (note PW401), their routers, the
 * external client, their addresses and pod CIDRs, and the configurations that follow from them. The networks are
 * the loader's. Errors: PW404 and PW406 (a range is used up), PW409 (an address used twice).
 */
export function completeNodes(objects: ClusterObjects): Completion {
  const diagnostics: Diagnostic[] = [];
  const given = objects.nodes.length > 0 ? objects.nodes : assumeNodes(diagnostics);
  const routed = completeRouters(objects.topology);
  const addressed = completeNodeAddresses(routed, given, diagnostics);
  const topology = completeHosts(routed, addressed, diagnostics);
  checkAddresses(topology, addressed, diagnostics);
  const inferred = inferPodCidrs(addressed, objects.pods, objects.flannel);
  const flannel = completeFlannel(objects, inferred);
  const nodes = completePodCidrs(inferred, flannel, diagnostics);
  const kubeProxy = completeKubeProxy(objects.kubeProxy, flannel);
  return { objects: { ...objects, nodes, topology, flannel, kubeProxy }, diagnostics };
}

function assumeNodes(diagnostics: Diagnostic[]): readonly Node[] {
  diagnostics.push({
    severity: 'note',
    code: 'PW401',
    message: `no Node objects: ${ASSUMED_NODES.join(' and ')} are assumed`,
    fix: 'add the output of: kubectl get nodes -o yaml',
  });
  return ASSUMED_NODES.map((name) => ({
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
