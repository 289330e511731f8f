import {
  ASSUMED_NODES,
  assumedNode,
  type ClusterObjects,
  type Diagnostic,
  type Node,
} from '../../k8s/index.ts';
import type { Completion } from './completion.ts';
import { inferPodCidrs } from './infer-pod-cidrs.ts';
import { checkAddresses, completeHosts, completeNodeAddresses, completeRouters } from './lans.ts';
import { completeFlannel, completeKubeProxy, completePodCidrs } from './pod-networks.ts';

/**
 * Completes what surrounds the pods: the nodes themselves when there are none (note PW401), their routers, the
 * external client, their addresses and pod CIDRs, and the configurations that follow from them. The networks are
 * the loader's. Errors: PW404 and PW406 (a range is used up), PW409 (an address used twice); warning PW408: no podCIDRs
 * of their own hold the pods' addresses.
 */
export function completeNodes(objects: ClusterObjects): Completion {
  const diagnostics: Diagnostic[] = [];
  const assumed = assumeNodes(objects);
  diagnostics.push(...assumed.diagnostics);
  const given = assumed.objects.nodes;
  const routed = completeRouters(objects.topology);
  const addressed = completeNodeAddresses(routed, given, diagnostics);
  const topology = completeHosts(routed, addressed, diagnostics);
  checkAddresses(topology, addressed, diagnostics);
  const interleaved: Diagnostic[] = [];
  const inferred = inferPodCidrs(addressed, objects.pods, objects.flannel, interleaved);
  // Another network than flannel's takes addresses from where it likes, which has been told.
  if (objects.otherNetwork === undefined) diagnostics.push(...interleaved);
  const flannel = completeFlannel(objects, inferred);
  const nodes = completePodCidrs(inferred, flannel, diagnostics);
  const kubeProxy = completeKubeProxy(objects.kubeProxy, flannel);
  return { objects: { ...objects, nodes, topology, flannel, kubeProxy }, diagnostics };
}

/** The usual nodes where there are none (note PW401); else what is there. */
export function assumeNodes(objects: ClusterObjects): Completion {
  if (objects.nodes.length > 0) return { objects, diagnostics: [] };
  const nodes: readonly Node[] = ASSUMED_NODES.map((name) => assumedNode(name));
  return {
    objects: { ...objects, nodes },
    diagnostics: [
      {
        severity: 'note',
        code: 'PW401',
        message: `no Node objects: ${ASSUMED_NODES.join(' and ')} are assumed`,
        fix: 'add the output of: kubectl get nodes -o yaml',
      },
    ],
  };
}
